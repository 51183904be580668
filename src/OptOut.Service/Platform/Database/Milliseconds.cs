namespace OptOut.Service.Platform.Database;

/// <summary>Times are kept to the millisecond everywhere, so that a stored time equals the one that was hashed or shown.</summary>
internal static class Milliseconds
{
    public static DateTimeOffset Truncate(DateTimeOffset value) =>
        new(value.UtcTicks - value.UtcTicks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}

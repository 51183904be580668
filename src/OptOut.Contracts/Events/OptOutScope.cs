namespace OptOut.Contracts;

/// <summary>What a stop covers: a purpose of the dotted tree and everything below it, on one channel or on any.</summary>
public sealed record OptOutScope
{
    /// <summary>A purpose, for example <c>marketing.newsletter</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary><c>email sms phone post push ads</c>, or <c>any</c>.</summary>
    public required string Channel { get; init; }
}

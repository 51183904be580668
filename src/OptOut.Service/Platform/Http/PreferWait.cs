using System.Globalization;

namespace OptOut.Service.Platform.Http;

/// <summary><c>Prefer: wait=N</c> (RFC 7240): how long the caller would wait for a fuller answer.</summary>
internal static class PreferWait
{
    /// <summary>The longest wait that is granted.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The granted wait, which is then also said in <c>Preference-Applied</c>; null where none was asked for. A preference
    /// that cannot be read is ignored, as the standard has it.
    /// </summary>
    public static TimeSpan? Read(HttpContext http)
    {
        foreach (var header in http.Request.Headers["Prefer"])
        {
            foreach (var part in (header ?? "").Split(','))
            {
                if (Seconds(part) is not { } asked) continue;
                var granted = Math.Min(asked, (long)Max.TotalSeconds);
                http.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={granted}");
                return TimeSpan.FromSeconds(granted);
            }
        }

        return null;
    }

    private static long? Seconds(ReadOnlySpan<char> preference)
    {
        var bare = preference.IndexOf(';') is >= 0 and var end ? preference[..end] : preference;
        var split = bare.IndexOf('=');
        if (split < 0 || !bare[..split].Trim().Equals("wait", StringComparison.OrdinalIgnoreCase)) return null;
        return long.TryParse(bare[(split + 1)..].Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? n
            : null;
    }
}

namespace OptOut.Service.Portal.Gpc;

/// <summary>The header of Global Privacy Control (W3C draft).</summary>
internal static class GpcSignal
{
    public const string Header = "Sec-GPC";

    /// <summary>
    /// Only the exact one-character value <c>1</c> counts; of several headers one is enough. Several headers may
    /// reach us joined by commas, as HTTP lets any hop on the way do (RFC 9110, 5.3).
    /// </summary>
    public static bool IsSet(IHeaderDictionary headers)
    {
        foreach (var line in headers[Header])
        {
            foreach (var member in line.AsSpan().Split(','))
            {
                if (line.AsSpan(member).Trim(" \t") is "1")
                    return true;
            }
        }

        return false;
    }
}

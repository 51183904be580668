namespace OptOut.Service.Portal.Gpc;

/// <summary>The header of Global Privacy Control (W3C draft).</summary>
internal static class GpcSignal
{
    public const string Header = "Sec-GPC";

    /// <summary>Only the exact one-character value <c>1</c> counts; of several headers one is enough.</summary>
    public static bool IsSet(IHeaderDictionary headers) => headers[Header].Any(value => value == "1");
}

using System.Collections.Frozen;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>
/// What may stand in a metric's label: fixed names, each with a fixed set of words. Anything else becomes <c>other</c>.
/// </summary>
internal static class Label
{
    public const string Method = "optout.method";
    public const string Purpose = "optout.purpose";
    public const string Result = "optout.result";
    public const string Channel = "optout.channel";
    public const string Outcome = "optout.outcome";
    public const string Source = "optout.source";
    public const string Reason = "optout.reason";
    public const string Code = "optout.code";
    public const string Queue = "optout.queue";
    public const string Mode = "optout.mode";
    public const string Answer = "optout.answer";
    public const string Severity = "optout.severity";

    public const string Other = "other";

    private const int MaxConfiguredLength = 63;

    /// <summary>Every label name there is, with its words; null where the words are configured names.</summary>
    public static FrozenDictionary<string, FrozenSet<string>?> Allowed { get; } =
        new Dictionary<string, FrozenSet<string>?>(StringComparer.Ordinal)
        {
            [Method] = Words("api", "page", "link", "one_click", "gpc", "agent", "import", "vendor", "probe"),
            [Purpose] = null,
            [Result] = Words("created", "repeated", "reversed", "refused", "failed"),
            [Channel] = Words("rabbitmq", "webhook", "connector", "smtp", "pull"),
            [Outcome] = Words(
                "sent", "retrying", "parked", "superseded", "unroutable", "received", "applied", "no_match", "refused", "failed"),
            [Source] = Words("http", "amqp", "webhook_response", "vendor_response", "confirmation_link", "inbound"),
            [Reason] = Words("malformed", "unknown", "wrong_secret"),
            [Code] = null,
            [Queue] = null,
            [Mode] = Words("check", "filter", "gate", "live", "reconciliation"),
            [Answer] = Words("stop", "go", "unknown"),
            [Severity] = Words("info", "warning", "critical"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A label whose words are known here.</summary>
    public static KeyValuePair<string, object?> Of(string name, string word) =>
        new(name, Allowed[name] is { } words && words.Contains(word) ? word : Other);

    /// <summary>A label whose words an operator configured or the program defines; the form is checked.</summary>
    public static KeyValuePair<string, object?> Configured(string name, string word) =>
        new(name, Allowed.ContainsKey(name) && IsName(word) ? word : Other);

    private static bool IsName(string word)
    {
        if (word.Length is 0 or > MaxConfiguredLength || !char.IsAsciiLetterLower(word[0])) return false;
        foreach (var c in word)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or '.' or '-')) return false;
        return true;
    }

    private static FrozenSet<string> Words(params string[] words) => words.ToFrozenSet(StringComparer.Ordinal);
}

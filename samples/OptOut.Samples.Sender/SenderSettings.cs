namespace OptOut.Samples.Sender;

/// <summary>What the sample needs to know; see samples/README.md.</summary>
internal sealed record SenderSettings(Uri Service, string ApiKey, Uri Mail, IReadOnlyList<string> People, TimeSpan Pause)
{
    public const string Purpose = "marketing";
    public const string Channel = "email";

    private const int DefaultPauseMs = 1_000;

    public static SenderSettings From(IConfiguration settings) => new(
        new Uri(settings["OPTOUT_URL"] ?? "http://127.0.0.1:8080"),
        settings["OPTOUT_API_KEY"] ?? "",
        new Uri(settings["MAIL_URL"] ?? "http://127.0.0.1:8099"),
        (settings["SENDER_PEOPLE"] ?? "ada@example.com,grace@example.com").Split(','),
        TimeSpan.FromMilliseconds(settings.GetValue("SENDER_PAUSE_MS", DefaultPauseMs)));
}

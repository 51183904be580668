using System.CommandLine;
using OptOut.Ledger.Notes;

namespace OptOut.Cli.Running;

/// <summary>Options that mean the same wherever they stand.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json() => new("--json") { Description = "One JSON object on standard output, for programs." };

    public static Option<string?> Url() => new("--url") { Description = "Base address of the service, such as https://optout.example.com." };

    public static Option<string[]> Vkeys() => new("--vkey")
    {
        Description = "A verifier key of the log that you got from elsewhere; may be repeated.",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <exception cref="CommandException">One is no verifier key.</exception>
    public static IReadOnlyList<NoteVerifier> Parse(IEnumerable<string>? vkeys)
    {
        try
        {
            return [.. (vkeys ?? []).Select(NoteVerifier.Parse)];
        }
        catch (FormatException)
        {
            throw CommandException.Usage("A --vkey is no verifier key: <name>+<8 hex digits>+<base64>.");
        }
    }

    /// <exception cref="CommandException">It is no http address.</exception>
    public static Uri ParseUrl(string url) =>
        Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")
            ? address
            : throw CommandException.Usage("--url is no http or https address.");
}

using System.Text.RegularExpressions;

namespace OptOut.Service.Propagation.Channels.Connector.Authentication;

/// <summary>
/// Reads the secrets that registrations refer to: <c>env:NAME</c> or <c>file:NAME</c>. Only names with our prefix, so
/// that a registration cannot have the service hand its own keys to somebody.
/// </summary>
/// <param name="directory">Where secrets are mounted as files.</param>
internal sealed partial class SecretReferences(string directory)
{
    public const string DefaultDirectory = "/run/secrets";
    public const string Rule = "env:OPTOUT_CONNECTOR_NAME, or file:connector_NAME in the directory of secrets.";

    /// <summary>The longest secret, in bytes.</summary>
    private const int MaxBytes = 8 * 1024;

    public static bool IsReference(string text) => Form().IsMatch(text);

    /// <summary>The secret without white space at its end; null where there is none.</summary>
    public string? Find(string reference)
    {
        if (!IsReference(reference))
            return null;
        var name = reference[(reference.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var secret = reference.StartsWith("env:", StringComparison.Ordinal)
            ? Environment.GetEnvironmentVariable(name)
            : ReadFile(Path.Combine(directory, name));
        return secret?.TrimEnd() is { Length: > 0 } found ? found : null;
    }

    private static string? ReadFile(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MaxBytes } ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\A(env:OPTOUT_CONNECTOR_[A-Z0-9_]{1,100}|file:connector_[A-Za-z0-9_-]{1,100})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

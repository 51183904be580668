using OptOut.Contracts;

namespace OptOut.Subscriber;

/// <summary>The secrets that are live for this system: one, or two during a rotation.</summary>
internal sealed class SecretRing(IReadOnlyList<WebhookSecret> secrets)
{
    // Two is a rotation; one more leaves room for a rotation that met another.
    private const int MaxSecrets = 3;

    internal IReadOnlyList<WebhookSecret> Secrets => secrets;

    internal static SecretRing? TryParse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > MaxSecrets) return null;
        List<WebhookSecret> secrets = [];
        foreach (var part in parts)
        {
            if (!WebhookSecret.TryParse(part, out var secret)) return null;
            secrets.Add(secret);
        }

        return new SecretRing(secrets);
    }
}

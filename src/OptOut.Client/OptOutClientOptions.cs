namespace OptOut.Client;

/// <summary>Where the service is, who calls it, and how patiently.</summary>
public sealed class OptOutClientOptions
{
    /// <summary>The service's address, such as <c>https://optout.example.com</c>. Required.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>The key, <c>oo_…</c>. Either this or <see cref="ApiKeyProvider"/>. Never logged.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Gives the key for each request, for keys that are rotated while the process runs.</summary>
    public Func<CancellationToken, ValueTask<string>>? ApiKeyProvider { get; set; }

    /// <summary>Tries of one call, the first included: 1 to 10. Only what is safe to repeat is tried again.</summary>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>Pause before the second try; doubles from then on, with jitter. 1 ms to 1 min.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause between two tries; a service that asks for a longer one ends the call. 1 ms to 5 min.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one try may take: 1 ms to 5 min. Streams are bounded by their silence instead.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Allows <c>http://</c> to other machines than this one. The key and people's identifiers then travel in the clear.
    /// Default: false.
    /// </summary>
    public bool AllowInsecure { get; set; }
}

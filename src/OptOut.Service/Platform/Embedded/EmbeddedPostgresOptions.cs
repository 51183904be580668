using System.Collections.Frozen;

namespace OptOut.Service.Platform.Embedded;

/// <summary>How the private PostgreSQL is run. There is no setting that trades durability for speed.</summary>
internal sealed record EmbeddedPostgresOptions(string DataDirectory)
{
    private static readonly FrozenSet<string> Durability =
        new[] { "fsync", "synchronous_commit", "full_page_writes", "data_checksums" }.ToFrozenSet();

    /// <summary>Null: a free one, chosen at each start.</summary>
    public int? Port { get; init; }

    /// <summary>Connections of all roles together; default 100.</summary>
    public int MaxConnections { get; init; } = 100;

    /// <summary>How long the server may take to accept a connection; default 60 s (crash recovery included).</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a stop may take before the server is killed; default 30 s.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Further server settings by name, such as <c>shared_buffers</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = FrozenDictionary<string, string>.Empty;

    internal void Validate()
    {
        if (Settings.Keys.FirstOrDefault(Durability.Contains) is { } unsafeSetting)
            throw new ArgumentException($"{unsafeSetting} cannot be set: the embedded server is as durable as any.");
    }
}

/// <summary>Connection strings of the embedded server, one for each login and database.</summary>
/// <param name="Admin">The cluster's superuser, database <c>postgres</c>: for tests and repair, never for the service.</param>
/// <param name="Owner">Owns the main database; migrates it.</param>
/// <param name="Service">What the service works with.</param>
/// <param name="Keys">The owner, in the second database that holds the wrapped keys.</param>
/// <param name="KeysService">The service's login in that second database.</param>
internal sealed record EmbeddedPostgresConnections(
    string Admin, string Owner, string Service, string Keys, string KeysService);

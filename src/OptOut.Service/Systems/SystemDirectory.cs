using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using Npgsql;
using OptOut.Contracts;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;

namespace OptOut.Service.Systems;

/// <summary>All systems of one revision.</summary>
internal sealed class SystemSet(IReadOnlyList<DownstreamSystem> systems)
{
    /// <summary>Scopes are purposes times channels, so this is bounded by the registry itself.</summary>
    private readonly ConcurrentDictionary<Scope, IReadOnlyList<DownstreamSystem>> _touched = new();

    public IReadOnlyList<DownstreamSystem> All { get; } = systems;
    public FrozenDictionary<int, DownstreamSystem> ById { get; } = systems.ToFrozenDictionary(s => s.Id);
    public FrozenDictionary<string, DownstreamSystem> ByName { get; } =
        systems.ToFrozenDictionary(s => s.Name, StringComparer.Ordinal);

    /// <summary>The systems that must hear of a version of this scope: paused ones too, retired ones not.</summary>
    public IReadOnlyList<DownstreamSystem> TouchedBy(Scope scope) => _touched.GetOrAdd(scope, Find);

    private IReadOnlyList<DownstreamSystem> Find(Scope scope) =>
        [.. All.Where(s => !s.IsRetired && ScopeRules.Touches(s.Contract.Purposes, s.Contract.Channels, scope))];
}

/// <summary>The registered systems, in memory: the public face of this capability.</summary>
internal sealed class SystemDirectory : IDisposable
{
    private readonly RevisionedSnapshot<SystemSet> _snapshot;
    private readonly SecretBox _secrets;

    public SystemDirectory(Databases databases, SecretBox secrets)
    {
        _secrets = secrets;
        _snapshot = new RevisionedSnapshot<SystemSet>(databases.Main, LoadAsync);
    }

    /// <summary>The label under which a system's signing secret is sealed.</summary>
    public static string SecretLabel(int systemId) => $"system-secret/{systemId}";

    /// <summary>The systems of the given registry revision or newer.</summary>
    public ValueTask<SystemSet> AtAsync(long revision, CancellationToken cancellationToken) =>
        _snapshot.AtAsync(revision, cancellationToken);

    /// <summary>The systems as the database has them now.</summary>
    public ValueTask<SystemSet> FreshAsync(CancellationToken cancellationToken) =>
        _snapshot.FreshAsync(cancellationToken);

    /// <summary>The systems as they were at most a second ago; no round trip for each pass of a busy loop.</summary>
    public ValueTask<SystemSet> RecentAsync(CancellationToken cancellationToken) =>
        _snapshot.RecentAsync(cancellationToken);

    public void Dispose() => _snapshot.Dispose();

    private async Task<SystemSet> LoadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var keys = await LoadKeysAsync(connection, cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            SELECT system_id, public_id, name, display_name, kind, owner, channel, contract, state, hmac_key_id, version
            FROM optout.system ORDER BY system_id
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var systems = new List<DownstreamSystem>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetInt32(0);
            systems.Add(new DownstreamSystem(
                id, reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                JsonSerializer.Deserialize<SystemChannel>(reader.GetString(6), JsonSerializerOptions.Web)!,
                JsonSerializer.Deserialize<SystemContract>(reader.GetString(7), JsonSerializerOptions.Web)!,
                reader.GetString(8), reader.GetString(9), reader.GetInt32(10),
                keys.TryGetValue(id, out var own) ? own : []));
        }

        return new SystemSet(systems);
    }

    private async Task<Dictionary<int, List<SigningKey>>> LoadKeysAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT system_id, sealed, expires_at FROM optout.system_secret
            WHERE expires_at IS NULL OR expires_at > now()
            ORDER BY system_id, expires_at IS NULL DESC, created_at DESC
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new Dictionary<int, List<SigningKey>>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetInt32(0);
            var key = _secrets.Unprotect(SecretLabel(id), reader.GetFieldValue<byte[]>(1));
            var expiresAt = reader.IsDBNull(2) ? (DateTimeOffset?)null : reader.GetFieldValue<DateTimeOffset>(2);
            if (!keys.TryGetValue(id, out var own))
                keys.Add(id, own = []);
            own.Add(new SigningKey(WebhookSecret.FromKey(key), expiresAt));
        }

        return keys;
    }
}

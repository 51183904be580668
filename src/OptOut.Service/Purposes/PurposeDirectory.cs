using System.Collections.Frozen;
using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Purposes;

/// <summary>A purpose as the rules need it.</summary>
internal sealed record Purpose(string Name, string DisplayName, bool Overridable, int ObjectiveSeconds, int Version);

/// <summary>All purposes of one revision, by name.</summary>
internal sealed record PurposeTree(FrozenDictionary<string, Purpose> ByName)
{
    public bool Contains(string name) => ByName.ContainsKey(name);
}

/// <summary>The purposes, in memory: the public face of this capability.</summary>
internal sealed class PurposeDirectory(Databases databases) : IDisposable
{
    private readonly RevisionedSnapshot<PurposeTree> _snapshot = new(databases.Main, LoadAsync);

    /// <summary>The tree of the given registry revision or newer.</summary>
    public ValueTask<PurposeTree> AtAsync(long revision, CancellationToken cancellationToken) =>
        _snapshot.AtAsync(revision, cancellationToken);

    /// <summary>The tree as the database has it now.</summary>
    public ValueTask<PurposeTree> FreshAsync(CancellationToken cancellationToken) =>
        _snapshot.FreshAsync(cancellationToken);

    /// <summary>True where the purpose exists now; only a name that memory does not know costs a look at the database.</summary>
    public async ValueTask<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        _snapshot.Current is { } tree && tree.Contains(name)
        || (await _snapshot.FreshAsync(cancellationToken)).Contains(name);

    public void Dispose() => _snapshot.Dispose();

    private static async Task<PurposeTree> LoadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT name, display_name, overridable, objective_seconds, version FROM optout.purpose", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var purposes = new Dictionary<string, Purpose>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            var purpose = new Purpose(reader.GetString(0), reader.GetString(1), reader.GetBoolean(2),
                reader.GetInt32(3), reader.GetInt32(4));
            purposes.Add(purpose.Name, purpose);
        }

        return new PurposeTree(purposes.ToFrozenDictionary(StringComparer.Ordinal));
    }
}

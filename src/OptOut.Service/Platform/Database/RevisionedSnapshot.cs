using System.Diagnostics;
using Npgsql;

namespace OptOut.Service.Platform.Database;

/// <summary>
/// Something small of the database kept whole in memory, with the registry's revision it was read at.
/// Whoever must not act on an old one passes the revision it has just read; readers that may lag call <see cref="Current"/>.
/// </summary>
internal sealed class RevisionedSnapshot<T>(
    NpgsqlDataSource database,
    Func<NpgsqlConnection, CancellationToken, Task<T>> load) : IDisposable
    where T : class
{
    private readonly SemaphoreSlim _loading = new(1, 1);
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(1);

    private volatile Held? _held;
    private long _checkedAt;

    /// <summary>The newest snapshot in memory; null before the first load.</summary>
    public T? Current => _held?.Value;

    /// <summary>The snapshot at least as new as the database is now: one round trip, and a load where it has moved.</summary>
    public async ValueTask<T> FreshAsync(CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        long revision;
        // Given back before a load opens another: else as many callers as the pool has connections wait for each other.
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            revision = await RevisionAsync(connection, cancellationToken);
        var fresh = await AtAsync(revision, cancellationToken);
        Volatile.Write(ref _checkedAt, asked);
        return fresh;
    }

    /// <summary>The snapshot as it was at most a second ago: for work that is repeated and may lag that much.</summary>
    public ValueTask<T> RecentAsync(CancellationToken cancellationToken) =>
        _held is { } held && Stopwatch.GetElapsedTime(Volatile.Read(ref _checkedAt)) < Recent
            ? ValueTask.FromResult(held.Value)
            : FreshAsync(cancellationToken);

    /// <summary>The snapshot of the given revision or a newer one; no I/O where it is in memory already.</summary>
    public ValueTask<T> AtAsync(long revision, CancellationToken cancellationToken) =>
        _held is { } held && held.Revision >= revision
            ? ValueTask.FromResult(held.Value)
            : LoadAsync(revision, cancellationToken);

    public void Dispose() => _loading.Dispose();

    private async ValueTask<T> LoadAsync(long revision, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (_held is { } held && held.Revision >= revision)
                return held.Value;

            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            // One snapshot of the database for the revision and for what it names.
            await using var transaction = await connection.BeginTransactionAsync(
                System.Data.IsolationLevel.RepeatableRead, cancellationToken);
            var loaded = new Held(
                await RevisionAsync(connection, cancellationToken), await load(connection, cancellationToken));
            _held = loaded;
            return loaded.Value;
        }
        finally
        {
            _loading.Release();
        }
    }

    private static async Task<long> RevisionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT revision FROM optout.registry_revision", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private sealed record Held(long Revision, T Value);
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Access.Approvals;

/// <summary>
/// The one transaction of an act on the registry. Such acts are rare and run one at a time, so what one has read still
/// holds when it commits; and none commits without its leaf.
/// </summary>
internal sealed class RegistryTransaction : IAsyncDisposable
{
    // A class of advisory locks of ours, and the registry's place in it.
    private const string Lock = "SELECT pg_advisory_xact_lock(7266, 2)";

    private readonly IDbContextTransaction _transaction;

    private RegistryTransaction(OptOutDbContext context, IDbContextTransaction transaction, DateTimeOffset now)
    {
        Context = context;
        _transaction = transaction;
        DatabaseNow = now;
    }

    public OptOutDbContext Context { get; }

    /// <summary>The database's clock at the start of the act: what stored expiries count from.</summary>
    public DateTimeOffset DatabaseNow { get; }

    public NpgsqlConnection Connection => (NpgsqlConnection)Context.Database.GetDbConnection();

    public NpgsqlTransaction Transaction => (NpgsqlTransaction)_transaction.GetDbTransaction();

    public static async Task<RegistryTransaction> BeginAsync(
        IDbContextFactory<OptOutDbContext> contexts, CancellationToken cancellationToken)
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken);
        // Contexts are made for reading; here what was read is edited.
        context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.TrackAll;
        try
        {
            var transaction = await context.Database.BeginTransactionAsync(
                System.Data.IsolationLevel.ReadCommitted, cancellationToken);
            await context.Database.ExecuteSqlRawAsync(Lock, cancellationToken);
            // clock_timestamp, not now: the lock may have been waited for.
            var now = await context.Database
                .SqlQuery<DateTimeOffset>($"SELECT clock_timestamp() AS \"Value\"").SingleAsync(cancellationToken);
            return new RegistryTransaction(context, transaction, now);
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <summary>Saves the context's changes, adds the act's leaf, and commits both.</summary>
    public async Task CommitAsync(LedgerEntry leaf, CancellationToken cancellationToken)
    {
        await Context.SaveChangesAsync(cancellationToken);
        await LedgerPending.InsertAsync(Connection, Transaction, [leaf], cancellationToken);
        await _transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Without a commit everything is rolled back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await Context.DisposeAsync();
    }
}

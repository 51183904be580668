using Microsoft.EntityFrameworkCore;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems.Registration;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Reading;

/// <summary>Systems as outsiders see them.</summary>
internal sealed class SystemReader(
    IDbContextFactory<OptOutDbContext> contexts, Databases databases, TimeProvider clock)
{
    /// <summary>The outward state of a system that is active and has not been handed everything yet.</summary>
    public const string Backfilling = "backfilling";

    /// <summary>The system, or null.</summary>
    public async Task<SystemView?> FindAsync(string name, CancellationToken cancellationToken)
    {
        SystemRow? row;
        SystemStatusRow? status;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            row = await context.Set<SystemRow>().AsNoTracking()
                .SingleOrDefaultAsync(s => s.Name == name, cancellationToken);
            if (row is null) return null;
            status = await context.Set<SystemStatusRow>().AsNoTracking()
                .SingleAsync(s => s.SystemId == row.SystemId, cancellationToken);
        }

        var now = clock.GetUtcNow();
        var figures = await SystemFigures.ReadAsync(databases.Main, row.SystemId, now, cancellationToken);
        return View(Summary(row, status), status, figures, now);
    }

    /// <summary>Systems by name, retired ones included, after the given one.</summary>
    public async Task<List<SystemSummary>> ListAsync(string after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Set<SystemRow>().AsNoTracking()
            .Where(s => s.Name.CompareTo(after) > 0).OrderBy(s => s.Name).Take(limit)
            .Join(context.Set<SystemStatusRow>(), s => s.SystemId, t => t.SystemId, (s, t) => new { System = s, Status = t })
            .OrderBy(pair => pair.System.Name)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(pair => Summary(pair.System, pair.Status))];
    }

    private static SystemSummary Summary(SystemRow row, SystemStatusRow status) => new(
        PublicId.Format(PublicId.System, row.PublicId),
        row.Name,
        row.DisplayName,
        row.Kind,
        row.Owner,
        SystemDefinition.ReadChannel(row),
        SystemDefinition.ReadContract(row),
        StateOf(row, status),
        row.StateReason,
        row.Version,
        status.LastAcknowledgedAt is not null,
        status.LastAcknowledgedAt,
        row.CreatedAt,
        row.UpdatedAt);

    // After the first pass everything that stood has been handed over; the second only looks for late writers.
    private static string StateOf(SystemRow row, SystemStatusRow status) =>
        row.State == SystemStates.Active && status is { BackfillFinishedAt: null, BackfillPass: 1 }
            ? Backfilling
            : row.State;

    private static SystemBreakerView Breaker(SystemStatusRow status, DateTimeOffset now)
    {
        var hold = status.HoldUntil > now ? status.HoldUntil : null;
        var next = status.BreakerProbeAt > hold ? status.BreakerProbeAt : hold ?? status.BreakerProbeAt;
        var state = status.BreakerOpenedAt is not null ? "open" : hold is not null ? "slowed" : "closed";
        return new SystemBreakerView(state, status.Failures, status.BreakerOpenedAt, next);
    }

    private static SystemView View(
        SystemSummary system, SystemStatusRow status, SystemFigures figures, DateTimeOffset now) => new(
        system.Id,
        system.Name,
        system.DisplayName,
        system.Kind,
        system.Owner,
        system.Channel,
        system.Contract,
        system.State,
        system.StateReason,
        system.Version,
        system.Wired,
        system.LastAcknowledgedAt,
        figures.FailureRate,
        figures.Lag,
        figures.Open,
        figures.Overdue,
        figures.OldestOpenSince is { } since ? (long)Math.Max(0, (now - since).TotalSeconds) : null,
        figures.RejectedWords,
        new SystemBackfill(status.BackfillFinishedAt is null, status.BackfillDone, status.BackfillFinishedAt),
        Breaker(status, now),
        system.CreatedAt,
        system.UpdatedAt);
}

using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Audit.Findings;
using OptOut.Service.Audit.Findings.Rules;
using OptOut.Service.Platform.Background;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Alerts;

/// <summary>What happened to a finding that people hear of.</summary>
internal static class AlertEvents
{
    public const string Opened = "opened";
    public const string Escalated = "escalated";
    public const string Closed = "closed";
}

/// <summary>Why something is said.</summary>
internal sealed record AlertCause(
    Guid FindingId, string Kind, string About, string Severity, string Event, short Step = 0);

/// <summary>Wakes this process's alert channels.</summary>
internal sealed class AlertSignal : WakeSignal;

/// <summary>
/// Stores what has to be said in the transaction of what it is about: an alert is never sent for something that was
/// rolled back, and never forgotten for something that was not.
/// </summary>
internal sealed class AlertOutbox(IEnumerable<IAlertChannel> channels, TimeProvider clock)
{
    // What opens again within a minute of its cure waits for the rest of it: one that flickers calls once a minute.
    // That something is over is said only where it was said that it is.
    private const string Insert =
        """
        INSERT INTO optout.alert (alert_id, finding_id, channel, event, step, due_at)
        SELECT a, $1, c, $2, $3, greatest(now(), coalesce((
            SELECT max(f.closed_at) + interval '60 seconds' FROM optout.finding f
            WHERE $2 = 'opened' AND f.kind = $4 AND f.about = $5 AND f.closed_at > now() - interval '60 seconds'), now()))
        FROM unnest($6, $7) AS t(a, c)
        WHERE $2 <> 'closed' OR EXISTS (SELECT FROM optout.alert o WHERE o.finding_id = $1 AND o.channel = c)
        ON CONFLICT (finding_id, channel, event, step) DO NOTHING
        """;

    private readonly IAlertChannel[] _channels = [.. channels];

    public async Task AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AlertCause cause, CancellationToken cancellationToken)
    {
        var told = _channels.Where(channel => IsFor(channel, cause)).ToArray();
        if (told.Length == 0) return;
        var now = clock.GetUtcNow();
        await using var insert = new NpgsqlCommand(Insert, connection, transaction);
        insert.Parameters.Add(Sql.Value(cause.FindingId));
        insert.Parameters.Add(new NpgsqlParameter { Value = cause.Event, NpgsqlDbType = NpgsqlDbType.Text });
        insert.Parameters.Add(Sql.Value(cause.Step));
        insert.Parameters.Add(Sql.Value(cause.Kind));
        insert.Parameters.Add(Sql.Value(cause.About));
        insert.Parameters.Add(Sql.Uuids([.. told.Select(_ => Guid.CreateVersion7(now))]));
        insert.Parameters.Add(Sql.Texts([.. told.Select(channel => channel.Name)]));
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    // That a channel fails is said by the others.
    private static bool IsFor(IAlertChannel channel, AlertCause cause) =>
        Severities.Rank(cause.Severity) >= Severities.Rank(channel.MinSeverity)
        && !(cause.Kind == ServiceRules.AlertChannelFailing && cause.About == "alert:" + channel.Name);
}

using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Portal;

namespace OptOut.Service.Audit.Alerts;

/// <summary>
/// Says what waits to be said, each channel for itself: one that hangs holds up no other. What was not taken is said
/// again, for ever; a receiver that is away for a day hears everything afterwards.
/// </summary>
internal sealed partial class AlertDispatcher(
    Databases databases,
    IEnumerable<IAlertChannel> channels,
    AlertSignal signal,
    PublicAddress address,
    TimeProvider clock,
    ILogger<AlertDispatcher> logger) : BackgroundService
{
    /// <summary>How many one channel says at once.</summary>
    private const int BatchSize = 10;

    /// <summary>How soon what other replicas stored is noticed.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(5),
    ];

    // Claimed by moving its time on: should this process die while it speaks, another says it a minute later, with the
    // same id. What was put off and is cured by now needs no words.
    private const string Claim =
        """
        WITH due AS (
            SELECT alert_id FROM optout.alert WHERE done_at IS NULL AND channel = $1 AND due_at <= now()
            ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE optout.alert a SET due_at = now() + interval '60 seconds', attempts = a.attempts + 1
        FROM due, optout.finding f
        WHERE a.alert_id = due.alert_id AND f.finding_id = a.finding_id
        RETURNING a.alert_id, a.event, f.finding_id, f.kind, f.about, f.severity,
            CASE WHEN f.closed_at IS NOT NULL THEN 'closed' WHEN f.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END,
            f.owner, f.opened_at, floor(extract(epoch FROM coalesce(f.closed_at, now()) - f.opened_at))::bigint,
            f.escalation, a.attempts
        """;

    private const string Done = "UPDATE optout.alert SET done_at = now(), code = NULL WHERE alert_id = $1";

    private const string Again =
        "UPDATE optout.alert SET due_at = now() + $2 * interval '1 second', code = $3 WHERE alert_id = $1";

    /// <summary>When a try after this many is made.</summary>
    public static TimeSpan Delay(int attempts) => Delays[Math.Clamp(attempts - 1, 0, Delays.Length - 1)];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(channels.Select(channel => SpeakAsync(channel, stoppingToken)));

    private async Task SpeakAsync(IAlertChannel channel, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await SpeakOnceAsync(channel, stoppingToken) == BatchSize)
                {
                    // More waits.
                }

                await signal.WaitAsync(Idle, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(channel.Name, exception.GetType().Name);
                await Task.Delay(Idle, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<int> SpeakOnceAsync(IAlertChannel channel, CancellationToken cancellationToken)
    {
        var claimed = await ClaimAsync(channel, cancellationToken);
        await Task.WhenAll(claimed.Select(pair => SayAsync(channel, pair.Id, pair.Message, pair.Attempts, cancellationToken)));
        return claimed.Count;
    }

    private async Task SayAsync(
        IAlertChannel channel, Guid id, AlertMessage message, int attempts, CancellationToken cancellationToken)
    {
        var code = await channel.SendAsync(message, cancellationToken);
        OptOutTelemetry.Alerted(channel.Name, code ?? "sent");
        await using var command = databases.Main.CreateCommand(code is null ? Done : Again);
        command.Parameters.Add(Sql.Value(id));
        if (code is not null)
        {
            LogNotTaken(channel.Name, code, attempts);
            command.Parameters.Add(Sql.Value(Delay(attempts).TotalSeconds));
            command.Parameters.Add(Sql.Value(code));
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<(Guid Id, AlertMessage Message, int Attempts)>> ClaimAsync(
        IAlertChannel channel, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Claim);
        command.Parameters.Add(Sql.Value(channel.Name));
        command.Parameters.Add(Sql.Value(BatchSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<(Guid, AlertMessage, int)>();
        while (await reader.ReadAsync(cancellationToken))
            claimed.Add((reader.GetGuid(0), Read(reader), reader.GetInt32(11)));
        return claimed;
    }

    private AlertMessage Read(NpgsqlDataReader reader)
    {
        var finding = PublicId.Format(PublicId.Finding, reader.GetGuid(2));
        return new AlertMessage(
            PublicId.Format("alr_", reader.GetGuid(0)), reader.GetString(1), finding, reader.GetString(3),
            reader.GetString(4), reader.GetString(5), reader.GetString(6), reader.GetString(7),
            reader.GetFieldValue<DateTimeOffset>(8), Math.Max(0, reader.GetInt64(9)), reader.GetInt16(10),
            address.UrlOf("/v1/findings/" + finding));
    }

    [LoggerMessage(613, LogLevel.Warning, "Alert channel {Channel} did not take an alert: {Code}, try {Attempt}")]
    private partial void LogNotTaken(string channel, string code, int attempt);

    [LoggerMessage(614, LogLevel.Warning, "Alerts of channel {Channel} could not be read or stored: {ErrorType}")]
    private partial void LogFailed(string channel, string errorType);
}

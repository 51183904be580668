using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Reports;

/// <summary>Reads the numbers that the service publishes about itself; at most once in some seconds.</summary>
internal sealed class PublishedNumbersReader(Databases databases, TimeProvider clock) : IDisposable
{
    /// <summary>Over how many days lag and leaks are counted.</summary>
    public const int Days = 30;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private const string Systems =
        """
        SELECT s.system_id, s.name,
            (SELECT count(*) FROM optout.decision d WHERE d.outcome = 'sent' AND d.recorded_at > now() - $1 * interval '1 day'
                AND d.asked_by IN (SELECT 'key:' || k.key_id FROM optout.api_key k WHERE k.roles = ARRAY['system:' || s.name])),
            (SELECT floor(extract(epoch FROM now() - p.started_at))::bigint FROM optout.probe_system v
                JOIN optout.probe p ON p.probe_id = v.probe_id
                WHERE v.system_id = s.system_id AND v.verdict IN ('applied', 'no_match') ORDER BY v.probe_id DESC LIMIT 1)
        FROM optout.system s WHERE s.state <> 'retired' ORDER BY s.name LIMIT 1000
        """;

    private const string Ledger =
        "SELECT size, signed_at, now() FROM (SELECT now()) n LEFT JOIN (SELECT size, signed_at FROM ledger.checkpoint ORDER BY size DESC LIMIT 1) c ON true";

    private readonly SemaphoreSlim _one = new(1, 1);
    private (PublishedNumbers Numbers, long At)? _last;

    public async Task<PublishedNumbers> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && clock.GetElapsedTime(last.At) < Fresh) return last.Numbers;
            var numbers = await ReadNowAsync(cancellationToken);
            _last = (numbers, clock.GetTimestamp());
            return numbers;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<PublishedNumbers> ReadNowAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var lags = await LagFigures.ReadAsync(connection, now.AddDays(-Days), now, cancellationToken);
        var systems = new List<SystemNumbers>();
        await using (var command = new NpgsqlCommand(Systems, connection))
        {
            command.Parameters.Add(Sql.Value(Days));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var lag = lags.GetValueOrDefault(reader.GetInt32(0));
                systems.Add(new SystemNumbers(reader.GetString(1), lag?.P50Ms, lag?.P95Ms, lag?.MaxMs, reader.GetInt64(2),
                    reader.IsDBNull(3) ? null : reader.GetInt64(3)));
            }
        }

        await using var ledger = new NpgsqlCommand(Ledger, connection);
        await using var head = await ledger.ExecuteReaderAsync(cancellationToken);
        await head.ReadAsync(cancellationToken);
        return new PublishedNumbers(head.GetFieldValue<DateTimeOffset>(2), Days, systems,
            head.IsDBNull(0) ? null : head.GetInt64(0),
            head.IsDBNull(1) ? null : head.GetFieldValue<DateTimeOffset>(1));
    }
}

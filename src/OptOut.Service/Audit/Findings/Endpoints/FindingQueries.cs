using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Findings.Endpoints;

/// <summary>Which findings a list shows; null is any.</summary>
internal sealed record FindingFilter(string? State, string? Kind, string? System, string? Severity);

/// <summary>Reads findings, newest first.</summary>
internal sealed class FindingQueries(Databases databases)
{
    public const string Columns =
        """
        f.finding_id, f.kind, f.about, s.name, f.severity,
        CASE WHEN f.closed_at IS NOT NULL THEN 'closed' WHEN f.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END,
        f.owner, f.opened_at, f.seen_at, f.closed_at,
        floor(extract(epoch FROM coalesce(f.closed_at, now()) - f.opened_at))::bigint, f.total, f.evidence::text,
        f.acknowledged_by, f.acknowledged_at, f.acknowledged_reason,
        CASE WHEN f.silenced_until > now() THEN f.silenced_by END, f.silenced_until, f.silenced_reason, f.escalation
        """;

    private const string From = "FROM optout.finding f LEFT JOIN optout.system s ON s.system_id = f.system_id";

    public const string One = $"SELECT {Columns} {From} WHERE f.finding_id = $1";

    private const string Of =
        """
        AND ($2::text IS NULL OR f.kind = $2) AND ($3::text IS NULL OR s.name = $3)
        AND ($4::text IS NULL OR f.severity = $4)
        """;

    // A statement for each state, so that each is served by the index of its rows alone.
    private static readonly Dictionary<string, string> Lists = new(StringComparer.Ordinal)
    {
        [""] = List("true"),
        ["open"] = List("f.closed_at IS NULL AND f.acknowledged_at IS NULL"),
        ["acknowledged"] = List("f.closed_at IS NULL AND f.acknowledged_at IS NOT NULL"),
        ["closed"] = List("f.closed_at IS NOT NULL"),
    };

    public static IReadOnlyCollection<string> States => [.. Lists.Keys.Where(state => state.Length > 0)];

    public async Task<List<FindingView>> ListAsync(
        FindingFilter filter, Guid before, int limit, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Lists[filter.State ?? ""]);
        command.Parameters.Add(Sql.Value(before));
        command.Parameters.Add(Text(filter.Kind));
        command.Parameters.Add(Text(filter.System));
        command.Parameters.Add(Text(filter.Severity));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var findings = new List<FindingView>();
        while (await reader.ReadAsync(cancellationToken))
            findings.Add(Read(reader));
        return findings;
    }

    public async Task<FindingView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(One);
        command.Parameters.Add(Sql.Value(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    public static FindingView Read(NpgsqlDataReader reader) => new(
        PublicId.Format(PublicId.Finding, reader.GetGuid(0)),
        reader.GetString(1),
        reader.GetString(2),
        reader.IsDBNull(3) ? null : reader.GetString(3),
        reader.GetString(4),
        reader.GetString(5),
        reader.GetString(6),
        reader.GetFieldValue<DateTimeOffset>(7),
        reader.GetFieldValue<DateTimeOffset>(8),
        reader.IsDBNull(9) ? null : reader.GetFieldValue<DateTimeOffset>(9),
        Math.Max(0, reader.GetInt64(10)),
        reader.GetInt64(11),
        JsonSerializer.Deserialize<JsonElement>(reader.GetString(12)),
        reader.IsDBNull(13)
            ? null
            : new FindingAcknowledgement(reader.GetString(13), reader.GetFieldValue<DateTimeOffset>(14), reader.GetString(15)),
        reader.IsDBNull(16)
            ? null
            : new FindingSilence(reader.GetString(16), reader.GetFieldValue<DateTimeOffset>(17), reader.GetString(18)),
        reader.GetInt16(19));

    private static string List(string state) =>
        $"SELECT {Columns} {From} WHERE f.finding_id < $1 AND {state} {Of} ORDER BY f.finding_id DESC LIMIT $5";

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

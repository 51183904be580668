using System.Buffers.Binary;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access.Keys;

/// <summary>The list of keys, oldest first, by cursor.</summary>
internal sealed class KeyList(Databases databases)
{
    private const string Filters = "/v1/keys";
    private const int PositionBytes = 8 + 16;

    private const string Select =
        """
        SELECT key_id, name, roles, created_by, created_at, expires_at, revoked_at,
               CASE WHEN previous_expires_at > now() THEN previous_expires_at END
        FROM optout.api_key
        WHERE (created_at, key_id) > ($1, $2)
        ORDER BY created_at, key_id
        LIMIT $3
        """;

    public async Task<IResult> AnswerAsync(HttpContext http, ICursors cursors)
    {
        if (!Paging.TryRead(http, cursors, Filters, out var page, out var problem)) return problem;
        // One row more than the page tells whether another page follows.
        var rows = await ReadAsync(page.Position, page.Limit + 1, http.RequestAborted);
        var shown = rows.Take(page.Limit).ToArray();
        var next = rows.Count > page.Limit ? Position(shown[^1]) : null;
        return Paging.Answer(http, cursors, Filters, shown, next, KeysJson.Strict.ListedKeys);
    }

    private async Task<IReadOnlyList<ListedKey>> ReadAsync(byte[]? position, int count, CancellationToken cancellationToken)
    {
        var (after, id) = position is { Length: PositionBytes }
            ? (Time(position), Encoding.ASCII.GetString(position, 8, 16))
            : (DateTime.UnixEpoch, "");
        await using var command = databases.Main.CreateCommand(Select);
        command.Parameters.Add(new NpgsqlParameter { Value = after, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        command.Parameters.Add(new NpgsqlParameter { Value = count });
        var rows = new List<ListedKey>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) rows.Add(Read(reader));
        return rows;
    }

    private static ListedKey Read(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetFieldValue<string[]>(2),
        row.GetString(3),
        row.GetFieldValue<DateTimeOffset>(4),
        Time(row, 5),
        Time(row, 6),
        Time(row, 7));

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private static byte[] Position(ListedKey last)
    {
        var position = new byte[PositionBytes];
        BinaryPrimitives.WriteInt64BigEndian(position, last.CreatedAt.UtcTicks);
        Encoding.ASCII.GetBytes(last.Id, position.AsSpan(8));
        return position;
    }

    private static DateTime Time(ReadOnlySpan<byte> position) =>
        new(BinaryPrimitives.ReadInt64BigEndian(position), DateTimeKind.Utc);
}

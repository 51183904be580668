using System.Buffers.Binary;
using System.Text.Json;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Importing;

/// <summary><c>GET /v1/imports/{id}</c> and <c>/rows</c>.</summary>
internal static class GetImport
{
    private const string Rejected = "rejected";

    /// <summary>Pieces that one page looks through for rows of the wanted sort.</summary>
    private const int MaxChunks = 100;

    private const string Chunks =
        """
        SELECT chunk, results FROM optout.import_chunk WHERE import_id = $1 AND chunk >= $2 AND results IS NOT NULL
        ORDER BY chunk LIMIT $3
        """;

    public static async Task<IResult> HandleAsync(HttpContext http, string id, ImportStore store) =>
        PublicId.TryParse(id, EnforcementIds.Import, out var importId)
        && await store.FindAsync(importId, http.RequestAborted) is { } job
            ? TypedResults.Json(ImportView.Of(job), ImportJson.Strict.ImportView)
            : ProblemKinds.NotFound.With();

    /// <summary>What came of each row, in order; <c>?status=rejected</c> leaves the others out.</summary>
    public static async Task<IResult> HandleRowsAsync(
        HttpContext http, string id, ImportStore store, Databases databases, ICursors cursors)
    {
        var status = http.Request.Query["status"];
        if (status.Count > 1 || (status.Count == 1 && status[0] != Rejected))
            return ProblemKinds.InvalidParameter.With("status, where given, is rejected.");
        var onlyRejected = status.Count == 1;
        var filters = $"imports:{id}:{onlyRejected}";
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;
        if (!PublicId.TryParse(id, EnforcementIds.Import, out var importId)
            || await store.FindAsync(importId, http.RequestAborted) is null)
            return ProblemKinds.NotFound.With();

        // The position is the row before which the page begins.
        var from = page.Position is { Length: sizeof(long) } position ? BinaryPrimitives.ReadInt64BigEndian(position) : 0;
        var rows = new List<ImportRowView>(page.Limit);
        var next = await ReadAsync(databases, importId, (from, page.Limit, onlyRejected), rows, http.RequestAborted);
        byte[]? nextPosition = null;
        if (next is { } row)
        {
            nextPosition = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(nextPosition, row);
        }

        return Paging.Answer(http, cursors, filters, rows, nextPosition, ImportJson.Strict.ListAnswerImportRowView);
    }

    /// <summary>The row at which the next page begins; null where no more have a result.</summary>
    private static async Task<long?> ReadAsync(
        Databases databases, Guid importId, (long From, int Limit, bool OnlyRejected) page, List<ImportRowView> rows,
        CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Chunks);
        command.Parameters.Add(Sql.Value(importId));
        command.Parameters.Add(Sql.Value((int)(page.From / ImportStore.ChunkRows)));
        command.Parameters.Add(Sql.Value(MaxChunks));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (chunks, at) = (0, page.From);
        while (await reader.ReadAsync(cancellationToken))
        {
            chunks++;
            var first = (long)reader.GetInt32(0) * ImportStore.ChunkRows;
            var results = reader.GetFieldValue<byte[]>(1);
            for (at = Math.Max(page.From, first); at < first + results.Length / RowResult.Bytes; at++)
            {
                var result = RowResult.Read(results.AsSpan((int)(at - first) * RowResult.Bytes));
                if (page.OnlyRejected && !result.IsRejected)
                    continue;
                if (rows.Count == page.Limit)
                    return at;
                rows.Add(View(at + 1, result));
            }
        }

        return chunks == MaxChunks ? at : null;
    }

    private static ImportRowView View(long row, RowResult result) => new(
        row,
        result.IsRejected ? Rejected : JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Status.ToString()),
        result.IsRejected ? JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Status.ToString()) : null,
        result.OptOutId == Guid.Empty ? null : PublicId.Format(PublicId.OptOut, result.OptOutId));
}

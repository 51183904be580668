using System.IO.Compression;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>A job as it stands.</summary>
internal sealed record ImportJob(
    Guid Id, string State, ImportSettings Settings, string RequestedBy, byte[]? FileDigest, long Rows, int Chunks,
    int ChunksDone, long Created, long Repeated, long Rejected, string? ReasonCode, Guid? ApprovalId,
    DateTimeOffset RequestedAt, DateTimeOffset? FinishedAt);

/// <summary>Jobs and their pieces in the database. What a file says of people is compressed and sealed until it is worked.</summary>
internal sealed class ImportStore(Databases databases, SecretBox secrets)
{
    /// <summary>Rows of one piece, and so of one commit.</summary>
    public const int ChunkRows = 1_000;

    public const string Receiving = "receiving";
    public const string AwaitingApproval = "awaiting_approval";
    public const string Running = "running";
    public const string Finished = "finished";
    public const string Failed = "failed";

    public const string Columns =
        """
        import_id, state, settings, requested_by, file_digest, rows, chunks, chunks_done, created, repeated, rejected,
            reason_code, approval_id, requested_at, finished_at
        """;

    public async Task<ImportJob?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand($"SELECT {Columns} FROM optout.import_job WHERE import_id = $1");
        command.Parameters.Add(Sql.Value(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    public async Task<ImportJob?> FindAsync(string caller, string key, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(
            $"SELECT {Columns} FROM optout.import_job WHERE caller = $1 AND idempotency_key = $2");
        command.Parameters.Add(Sql.Value(caller));
        command.Parameters.Add(Sql.Value(key));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>False where the caller has used the key already.</summary>
    public async Task<bool> TryBeginAsync(
        Guid id, ImportSettings settings, (string KeyId, string Actor, string IdempotencyKey) caller, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(
            """
            INSERT INTO optout.import_job
                (import_id, state, format, dry_run, settings, caller, requested_by, idempotency_key, requested_at)
            VALUES ($1, 'receiving', $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (caller, idempotency_key) DO NOTHING
            """);
        command.Parameters.Add(Sql.Value(id));
        command.Parameters.Add(Sql.Value(settings.Format));
        command.Parameters.Add(Sql.Value(settings.DryRun));
        command.Parameters.Add(new NpgsqlParameter<string>
        {
            TypedValue = JsonSerializer.Serialize(settings, ImportJson.Strict.ImportSettings),
            NpgsqlDbType = NpgsqlDbType.Jsonb,
        });
        command.Parameters.Add(Sql.Value(caller.KeyId));
        command.Parameters.Add(Sql.Value(caller.Actor));
        command.Parameters.Add(Sql.Value(caller.IdempotencyKey));
        command.Parameters.Add(Sql.Value(now));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public async Task AddChunkAsync(Guid id, int chunk, IReadOnlyList<ImportRow> rows, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(
            "INSERT INTO optout.import_chunk (import_id, chunk, rows, sealed) VALUES ($1, $2, $3, $4)");
        command.Parameters.Add(Sql.Value(id));
        command.Parameters.Add(Sql.Value(chunk));
        command.Parameters.Add(Sql.Value(rows.Count));
        command.Parameters.Add(Sql.Value(Seal(id, chunk, rows)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>An upload that broke off: its pieces go, and its key may be used again.</summary>
    public async Task AbandonAsync(Guid id, string reason, DateTimeOffset now)
    {
        await using var batch = databases.Main.CreateBatch();
        batch.BatchCommands.Add(Sql.Command("DELETE FROM optout.import_chunk WHERE import_id = $1", Sql.Value(id)));
        batch.BatchCommands.Add(Sql.Command(
            """
            UPDATE optout.import_job SET state = 'failed', reason_code = $2, finished_at = $3,
                idempotency_key = idempotency_key || ':' || import_id
            WHERE import_id = $1 AND state = 'receiving'
            """, Sql.Value(id), Sql.Value(reason), Sql.Value(now)));
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    public List<ImportRow> Open(Guid id, int chunk, byte[] sealedRows)
    {
        using var packed = new MemoryStream(secrets.Unprotect(Label(id, chunk), sealedRows));
        using var unpacked = new BrotliStream(packed, CompressionMode.Decompress);
        return JsonSerializer.Deserialize(unpacked, ImportJson.Strict.ListImportRow)!;
    }

    private byte[] Seal(Guid id, int chunk, IReadOnlyList<ImportRow> rows)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            JsonSerializer.Serialize(brotli, [.. rows], ImportJson.Strict.ListImportRow);
        return secrets.Protect(Label(id, chunk), packed.ToArray());
    }

    private static string Label(Guid id, int chunk) => $"import/{id:N}/{chunk}";

    public static ImportJob Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1),
        JsonSerializer.Deserialize(reader.GetString(2), ImportJson.Strict.ImportSettings)!, reader.GetString(3),
        reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4), reader.GetInt64(5), reader.GetInt32(6),
        reader.GetInt32(7), reader.GetInt64(8), reader.GetInt64(9), reader.GetInt64(10),
        reader.IsDBNull(11) ? null : reader.GetString(11), reader.IsDBNull(12) ? null : reader.GetGuid(12),
        reader.GetFieldValue<DateTimeOffset>(13),
        reader.IsDBNull(14) ? null : reader.GetFieldValue<DateTimeOffset>(14));
}

using System.Globalization;
using System.Text;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Tiles;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reading;

/// <summary><c>/v1/ledger/…</c>: the log as C2SP tlog-tiles serves it, and proofs.</summary>
internal static class LedgerEndpoints
{
    private const string PlainText = "text/plain; charset=utf-8";
    private const string Binary = "application/octet-stream";

    // A tile never changes; the checkpoint is always another one.
    private const string ForEver = "public, max-age=31536000, immutable";
    private const string ForEverPrivate = "private, max-age=31536000, immutable";

    public static async Task<IResult> CheckpointAsync(HttpContext http, LedgerRows rows)
    {
        if (await rows.CheckpointAsync(http.RequestAborted) is not { } checkpoint)
            return LedgerProblems.NotPublished.With();
        http.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(checkpoint.Note, PlainText);
    }

    public static IResult Key(LedgerKeys keys) => TypedResults.Json(
        new LedgerKeyView(keys.Origin, [.. keys.Verifiers.Select(Item)]), LedgerJson.Strict.LedgerKeyView);

    public static Task<IResult> HashTileAsync(HttpContext http, string level, string path, LedgerRows rows) =>
        TileAsync(http, $"tile/{level}/{path}", ForEver, rows);

    public static Task<IResult> EntryBundleAsync(HttpContext http, string path, LedgerRows rows) =>
        TileAsync(http, $"tile/entries/{path}", ForEverPrivate, rows);

    public static async Task<IResult> ConsistencyAsync(HttpContext http, LedgerRows rows, ProofDesk desk)
    {
        if (!TryReadSize(http, "from", out var from) || !TryReadSize(http, "to", out var to) || from > to)
            return ProblemKinds.InvalidParameter.With("from and to are sizes, 1 ≤ from ≤ to.");
        if (await rows.CheckpointAsync(http.RequestAborted) is not { } checkpoint || checkpoint.Size < to)
            return LedgerProblems.NotPublished.With();

        var proof = await desk.ConsistencyAsync(from, to, http.RequestAborted);
        return TypedResults.Json(
            new ConsistencyView(from, to, [.. proof.Hashes.Select(Convert.ToBase64String)]),
            LedgerJson.Strict.ConsistencyView);
    }

    public static async Task<IResult> ReceiptAsync(HttpContext http, string entryId, ProofDesk desk)
    {
        if (!TryReadEntry(entryId, out var id) || await desk.FindAsync(http, id) is not { } entry)
            return ProblemKinds.NotFound.With();
        return entry.Receipt is { } receipt
            ? TypedResults.Text(receipt.ToString(), PlainText, Encoding.UTF8)
            : LedgerProblems.NotPublished.With();
    }

    public static async Task<IResult> OpeningAsync(HttpContext http, string entryId, LedgerRows rows, Openings openings)
    {
        if (!TryReadEntry(entryId, out var id) || await rows.FindAsync(id, http.RequestAborted) is null)
            return ProblemKinds.NotFound.With();
        return await openings.FindAsync(id, http.RequestAborted) is { } opening
            ? TypedResults.Json(opening.View(id), LedgerJson.Strict.OpeningView)
            : LedgerProblems.OpeningGone.With();
    }

    /// <summary>Only what a published checkpoint covers: an unpublished tile could still be an unsigned one.</summary>
    private static async Task<IResult> TileAsync(HttpContext http, string path, string caching, LedgerRows rows)
    {
        TilePath tile;
        try
        {
            tile = TilePath.Parse(path);
        }
        catch (FormatException)
        {
            return ProblemKinds.NotFound.With();
        }

        var checkpoint = await rows.CheckpointAsync(http.RequestAborted);
        var level = TileLevel.Of(checkpoint?.Size ?? 0).ElementAtOrDefault(tile.Level ?? 0);
        if (level is null || tile.Index > level.FullTiles
            || (tile.Index == level.FullTiles && tile.Width > level.PartialWidth)
            || await rows.TileAsync(tile, http.RequestAborted) is not { } content)
            return ProblemKinds.NotFound.With();
        http.Response.Headers.CacheControl = caching;
        return TypedResults.Bytes(content, Binary);
    }

    private static LedgerKeyItem Item(NoteVerifier key) => key.KeyType == NoteKeyType.EcdsaP256
        ? new LedgerKeyItem("ecdsa-p256", key.ToString(), Convert.ToBase64String(key.PublicKey.Span))
        : new LedgerKeyItem("ed25519", key.ToString(), null);

    private static bool TryReadEntry(string text, out Guid id) => PublicId.TryParse(text, "", out id);

    private static bool TryReadSize(HttpContext http, string name, out long size)
    {
        size = 0;
        return http.Request.Query[name] is [{ } text]
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size >= 1;
    }
}

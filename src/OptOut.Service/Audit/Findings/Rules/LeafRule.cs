using System.Text.Json;
using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>How far the two directions have been read, and what was found and is not cured yet.</summary>
/// <param name="OptOutId">The last record that was compared with its leaf; after the end it begins anew.</param>
/// <param name="Version">Its version.</param>
/// <param name="NextEntry">The first leaf that was not compared with its act.</param>
internal sealed record LeafPlace(
    Guid OptOutId, int Version, long NextEntry, IReadOnlyList<RecordFault> Records, IReadOnlyList<long> Entries);

/// <summary>A record that has no leaf, or no predecessor.</summary>
internal sealed record RecordFault(Guid OptOutId, int Version, bool NoLeaf, bool Gap);

/// <summary>
/// Compares records with their leaves and leaves with their acts, a page a look, for ever: what went round the one write
/// path, or was taken out by somebody who may, is found.
/// </summary>
internal sealed class LeafRule : IFindingRule
{
    public const string RecordWithoutLeaf = "record_without_leaf";
    public const string VersionGap = "version_gap";
    public const string LeafWithoutAct = "leaf_without_act";

    /// <summary>Rows of each direction in one look.</summary>
    public const int PageSize = 2_000;

    /// <summary>At most this many faults are kept; one is enough to act on.</summary>
    private const int MaxFaults = 100;

    private const string Faulty =
        """
        SELECT p.opt_out_id, p.version,
            NOT EXISTS (SELECT FROM ledger.entry e WHERE e.entry_id = p.ledger_entry_id)
                AND NOT EXISTS (SELECT FROM ledger.pending e WHERE e.entry_id = p.ledger_entry_id),
            p.version > 1 AND NOT EXISTS (SELECT FROM optout.opt_out_version q
                WHERE q.opt_out_id = p.opt_out_id AND q.version = p.version - 1)
        FROM page p ORDER BY p.opt_out_id, p.version
        """;

    private static readonly string NextRecords =
        $"""
        WITH page AS MATERIALIZED (
            SELECT opt_out_id, version, ledger_entry_id FROM optout.opt_out_version
            WHERE (opt_out_id, version) > ($1, $2) ORDER BY opt_out_id, version LIMIT {PageSize})
        {Faulty}
        """;

    private const string SameRecords =
        $"""
        WITH page AS MATERIALIZED (
            SELECT v.opt_out_id, v.version, v.ledger_entry_id FROM unnest($1, $2) AS k(o, n)
            JOIN optout.opt_out_version v ON v.opt_out_id = k.o AND v.version = k.n)
        {Faulty}
        """;

    private const string ActsOf =
        """
        SELECT l.entry_index, CASE l.j ->> 'kind'
            WHEN 'acknowledged' THEN EXISTS (SELECT FROM optout.acknowledgement a
                WHERE a.delivery_id = (l.j ->> 'record')::uuid AND a.ledger_entry_id = l.entry_id)
            ELSE EXISTS (SELECT FROM optout.opt_out_version v WHERE v.opt_out_id = (l.j ->> 'record')::uuid
                AND v.version = (l.j ->> 'version')::integer AND v.ledger_entry_id = l.entry_id) END,
            l.j ->> 'kind' IN ('recorded', 'reversed', 'acknowledged')
        FROM leaves l ORDER BY l.entry_index
        """;

    private static readonly string NextEntries =
        $"""
        WITH leaves AS MATERIALIZED (
            SELECT entry_index, entry_id, convert_from(leaf, 'UTF8')::jsonb AS j FROM ledger.entry
            WHERE entry_index >= $1 AND leaf IS NOT NULL ORDER BY entry_index LIMIT {PageSize})
        {ActsOf}
        """;

    private const string SameEntries =
        $"""
        WITH leaves AS MATERIALIZED (
            SELECT entry_index, entry_id, convert_from(leaf, 'UTF8')::jsonb AS j FROM ledger.entry
            WHERE entry_index = ANY ($1) AND leaf IS NOT NULL)
        {ActsOf}
        """;

    public string Name => "leaves_compared";

    public TimeSpan Interval => TimeSpan.FromSeconds(5);

    public IReadOnlyList<string> Kinds { get; } = [RecordWithoutLeaf, VersionGap, LeafWithoutAct];

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        var place = look.Watermark is { } text
            ? JsonSerializer.Deserialize(text, FindingsJson.Strict.LeafPlace)!
            : new LeafPlace(Guid.Empty, 0, 0, [], []);
        var page = await RecordsAsync(look.Command(NextRecords), cancellationToken,
            Sql.Value(place.OptOutId), Sql.Value(place.Version));
        var again = await RecordsAsync(look.Command(SameRecords), cancellationToken,
            Sql.Uuids([.. place.Records.Select(r => r.OptOutId)]), Sql.Integers([.. place.Records.Select(r => r.Version)]));
        var leaves = await EntriesAsync(look.Command(NextEntries), cancellationToken, Sql.Value(place.NextEntry));
        var leavesAgain = await EntriesAsync(look.Command(SameEntries), cancellationToken,
            Sql.Value(place.Entries.ToArray()));
        var records = again.Concat(page).Where(r => r.NoLeaf || r.Gap).Distinct().Take(MaxFaults).ToArray();
        var entries = leavesAgain.Concat(leaves).Where(e => !e.HasAct).Select(e => e.Index).Distinct().Take(MaxFaults).ToArray();
        var end = page.Count < PageSize;
        var next = new LeafPlace(
            end ? Guid.Empty : page[^1].OptOutId, end ? 0 : page[^1].Version,
            leaves.Count == 0 ? place.NextEntry : leaves[^1].Index + 1, records, entries);
        return new RuleAnswer([.. Complaints(records, entries)], JsonSerializer.Serialize(next, FindingsJson.Strict.LeafPlace));
    }

    private static IEnumerable<Complaint> Complaints(RecordFault[] records, long[] entries)
    {
        var noLeaf = records.Where(r => r.NoLeaf).Select(Named).ToArray();
        var gaps = records.Where(r => r.Gap).Select(Named).ToArray();
        if (noLeaf.Length > 0) yield return Complaint(RecordWithoutLeaf, noLeaf);
        if (gaps.Length > 0) yield return Complaint(VersionGap, gaps);
        if (entries.Length > 0)
            yield return Complaint(LeafWithoutAct, [.. entries.Select(index => $"entry {index}")]);
    }

    private static string Named(RecordFault fault) => $"oo_{fault.OptOutId:N}/{fault.Version}";

    private static Complaint Complaint(string kind, string[] which) => new(
        kind, Abouts.Service, Severities.Critical, null, JsonSerializer.Serialize(
            new Running.StormEvidence(which.Length, [.. which.Take(Running.FindingChanges.SampleSize)]),
            FindingsJson.Strict.StormEvidence));

    private static async Task<List<RecordFault>> RecordsAsync(
        NpgsqlCommand command, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using (command)
        {
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var faults = new List<RecordFault>();
            while (await reader.ReadAsync(cancellationToken))
                faults.Add(new RecordFault(reader.GetGuid(0), reader.GetInt32(1), reader.GetBoolean(2), reader.GetBoolean(3)));
            return faults;
        }
    }

    private static async Task<List<(long Index, bool HasAct)>> EntriesAsync(
        NpgsqlCommand command, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using (command)
        {
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var entries = new List<(long, bool)>();
            while (await reader.ReadAsync(cancellationToken))
                entries.Add((reader.GetInt64(0), reader.GetBoolean(1) || !reader.GetBoolean(2)));
            return entries;
        }
    }
}

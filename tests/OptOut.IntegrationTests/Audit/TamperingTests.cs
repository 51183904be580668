using Microsoft.Extensions.DependencyInjection;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Service.Audit.Checking;

namespace OptOut.IntegrationTests.Audit;

/// <summary>A superuser switches the triggers off and changes history; the audit names what was changed.</summary>
public sealed class TamperingTests(Servers servers) : IDisposable
{
    private const string Consistent = "convert_to(replace(convert_from(leaf, 'UTF8'), 'recorded', 'reversed'), 'UTF8')";

    private readonly string directory = LedgerRig.NewLedgerDirectory();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    // The leaf alone, with the table's own check taken away.
    [InlineData("ALTER TABLE ledger.entry DROP CONSTRAINT entry_check; UPDATE ledger.entry SET leaf = {0} WHERE entry_index = 7", LedgerAudit.LeafEdited, 7)]
    // Leaf and hash together, as somebody would who knows the format.
    [InlineData("UPDATE ledger.entry SET leaf = {0}, leaf_hash = sha256('\\x00'::bytea || {0}) WHERE entry_index = 7", LedgerAudit.LeafDiffersFromPublished, 7)]
    [InlineData("DELETE FROM ledger.entry WHERE entry_index = 7", LedgerAudit.IndexGap, 7)]
    [InlineData("UPDATE ledger.entry SET entry_index = -entry_index - 1 WHERE entry_index IN (7, 9); UPDATE ledger.entry SET entry_index = CASE entry_index WHEN -8 THEN 9 ELSE 7 END WHERE entry_index < 0", LedgerAudit.LeafDiffersFromPublished, 7)]
    public async Task A_changed_leaf_is_named(string statement, string code, long index)
    {
        await using var service = await LedgerRig.StartAsync(servers, directory);
        await service.StopManyAsync(20);
        await service.PublishedAsync();
        await service.StopAsync();

        await service.TamperAsync("ledger.entry",
            "ALTER TABLE ledger.entry DROP CONSTRAINT entry_entry_index_check; " + statement.Replace("{0}", Consistent, StringComparison.Ordinal));
        var report = await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel);

        Assert.Contains(report.Faults, fault => fault.Code == code && fault.Index == index);
        Assert.Contains(report.Faults, fault => fault.Code is LedgerAudit.CheckpointDiffers or LedgerAudit.CheckpointAhead);
    }

    [Fact]
    public async Task A_leaf_put_behind_the_end_and_a_cut_end_are_found_by_the_head()
    {
        await using var service = await LedgerRig.StartAsync(servers, directory);
        await service.StopManyAsync(5);
        var size = await service.PublishedAsync();
        await service.StopAsync();

        await service.TamperAsync("ledger.entry",
            $"INSERT INTO ledger.entry VALUES ({size}, gen_random_uuid(), 'x', sha256('\\x00'::bytea || 'x'))");
        var longer = await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel);
        await service.TamperAsync("ledger.entry", $"DELETE FROM ledger.entry WHERE entry_index >= {size - 2}");
        var shorter = await service.App.Services.GetRequiredService<LedgerAudit>().RunAsync(Cancel);

        Assert.Contains(longer.Faults, fault => fault.Code == LedgerAudit.HeadDiffers);
        Assert.Contains(shorter.Faults, fault => fault.Code == LedgerAudit.CheckpointAhead);
    }

    [Fact]
    public async Task A_changed_a_removed_and_an_invented_record_are_each_found()
    {
        await using var service = await LedgerRig.StartAsync(servers, directory);
        var edited = await service.StopEmailAsync(Stops.NewEmail());
        var rehashed = await service.StopEmailAsync(Stops.NewEmail());
        var removed = await service.StopEmailAsync(Stops.NewEmail());
        await service.PublishedAsync();
        Assert.Empty((await AuditAsync(service)).Faults);

        const string Table = "optout.opt_out_version";
        await service.TamperAsync(Table,
            $"UPDATE {Table} SET recorded_at = recorded_at + interval '1 day' WHERE opt_out_id = '{edited.Raw()}'");
        await service.TamperAsync(Table,
            $"UPDATE {Table} SET origin_system = 'x', record_hash = sha256('x') WHERE opt_out_id = '{rehashed.Raw()}'");
        await service.TamperAsync(Table, $"DELETE FROM {Table} WHERE opt_out_id = '{removed.Raw()}'");
        await service.TamperAsync(Table,
            $"""
            INSERT INTO {Table} (opt_out_id, version, subject_id, purpose, channel, state, occurred_at, recorded_at,
                actor_type, origin_system, origin_method, reason_code, record_hash, ledger_entry_id, recorded_by)
            SELECT gen_random_uuid(), 1, gen_random_uuid(), purpose, channel, state, occurred_at, recorded_at, actor_type,
                origin_system, origin_method, reason_code, record_hash, gen_random_uuid(), recorded_by
            FROM {Table} WHERE opt_out_id = '{edited.Raw()}'
            """);
        var report = await AuditAsync(service);

        Assert.Contains(report.Faults, Is(ActAudit.RecordEdited, edited));
        Assert.Contains(report.Faults, Is(ActAudit.RecordEdited, rehashed));
        Assert.Contains(report.Faults, Is(ActAudit.ActMissing, removed));
        Assert.Contains(report.Faults, fault => fault.Code == ActAudit.LeafMissing);
    }

    public void Dispose()
    {
        LedgerRig.Remove(directory);
    }

    private static Task<AuditReport> AuditAsync(RunningService service) =>
        service.App.Services.GetRequiredService<ActAudit>().RunAsync(Cancel);

    private static Predicate<AuditFault> Is(string code, Answer stop)
    {
        var entry = Guid.ParseExact(stop.Json.Text("ledgerEntryId"), "N");
        return fault => fault.Code == code && fault.EntryId == entry && fault.Index is not null;
    }
}

using Microsoft.EntityFrameworkCore;
using OptOut.Contracts;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Registration;

/// <summary>The rows that acts on a system write, inside the act's own transaction.</summary>
internal sealed class SystemActs(ApiKeys keys, SecretBox secrets, SystemLeaf leaf, TimeProvider clock)
{
    /// <summary>
    /// Longer than any writer may go on with an older registry in memory: a batch reads the revision and commits within
    /// the database's time-outs.
    /// </summary>
    public static readonly TimeSpan OlderRegistryWindow = TimeSpan.FromSeconds(60);

    public SystemLeaf Leaf => leaf;

    public async Task<SystemRow> AddAsync(
        RegistryTransaction transaction,
        string name,
        SystemDefinition asked,
        WebhookSecret secret,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var row = new SystemRow
        {
            PublicId = Guid.CreateVersion7(now),
            Name = name,
            DisplayName = asked.DisplayName,
            Kind = asked.Kind,
            Owner = asked.Owner,
            Channel = asked.ChannelJson,
            Contract = asked.ContractJson,
            State = SystemStates.Active,
            HmacKeyId = KeyIdOf(secret),
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        transaction.Context.Add(row);
        // The secret is sealed under the number that the database gives here.
        await transaction.Context.SaveChangesAsync(cancellationToken);
        transaction.Context.Add(SealedSecret(row.SystemId, secret));
        transaction.Context.Add(new SystemStatusRow
        {
            SystemId = row.SystemId,
            BackfillPass = 1,
            BackfillUntil = transaction.DatabaseNow + OlderRegistryWindow,
        });
        return row;
    }

    public async Task<IssuedKey> IssueKeyAsync(
        RegistryTransaction transaction, string name, string actor, CancellationToken cancellationToken) =>
        await keys.IssueAsync(
            transaction.Transaction, $"system {name}", [$"system:{name}"], null, actor, cancellationToken)
        ?? throw new InvalidOperationException("A key without expiry was refused as expired.");

    /// <summary>Call after the commit.</summary>
    public void KeyIssued(IssuedKey key) => keys.Changed(key.Id);

    /// <summary>Changes what the operator decides; what the system was never told of begins a new backfill.</summary>
    public async Task ChangeAsync(
        RegistryTransaction transaction, SystemRow row, SystemDefinition asked, CancellationToken cancellationToken)
    {
        var moved = SystemDefinition.ReadChannel(row) != asked.Channel;
        var widens = ContractChange.Widens(SystemDefinition.ReadContract(row), asked.Contract);
        var status = await transaction.Context.Set<SystemStatusRow>()
            .SingleAsync(s => s.SystemId == row.SystemId, cancellationToken);
        if (moved) await BeginAnewAsync(transaction, row, cancellationToken);
        if (widens)
        {
            var added = asked.Contract.Identifiers.Select(i => i.Type)
                .Except(SystemDefinition.ReadContract(row).Identifiers.Select(i => i.Type));
            // What a backfill that still runs was to tell is not forgotten for the newer change.
            if (status.BackfillFinishedAt is null) added = added.Union(status.WidenedTypes ?? []);
            status.WidenedTypes = [.. added.Order(StringComparer.Ordinal)];
            status.WidenedAt = transaction.DatabaseNow;
            status.BackfillPass = 1;
            status.BackfillAfter = null;
            status.BackfillUntil = transaction.DatabaseNow + OlderRegistryWindow;
            status.BackfillDone = 0;
            status.BackfillFinishedAt = null;
        }

        asked.ApplyTo(row, clock.GetUtcNow());
    }

    /// <summary>
    /// What the calls before have taught says nothing about the calls to come: the breaker closes, and what waited for it
    /// goes at once.
    /// </summary>
    public static async Task BeginAnewAsync(
        RegistryTransaction transaction, SystemRow row, CancellationToken cancellationToken) =>
        await transaction.Context.Database.ExecuteSqlAsync(
            $"""
            WITH was AS MATERIALIZED (
                SELECT system_id, breaker_opened_at, hold_until FROM optout.system_status
                WHERE system_id = {row.SystemId} FOR NO KEY UPDATE),
            anew AS (
                UPDATE optout.system_status t
                SET failures = 0, breaker_opened_at = NULL, breaker_probe_at = NULL, hold_until = NULL
                FROM was WHERE t.system_id = was.system_id)
            INSERT INTO optout.redrive (redrive_id, system_id, kind, requested_by, started_at)
            SELECT gen_random_uuid(), system_id, 'healed', 'svc:registry', now() FROM was
            WHERE breaker_opened_at IS NOT NULL OR hold_until IS NOT NULL
            """, cancellationToken);

    /// <summary>
    /// Makes a new secret the current one. The one before it lives on until the expiry, by the database's clock; any older
    /// one ends now: two at most are valid at once.
    /// </summary>
    public async Task RotateAsync(
        RegistryTransaction transaction,
        SystemRow row,
        WebhookSecret secret,
        DateTimeOffset previousExpiresAt,
        CancellationToken cancellationToken)
    {
        var held = await transaction.Context.Set<SystemSecretRow>()
            .Where(s => s.SystemId == row.SystemId).ToListAsync(cancellationToken);
        foreach (var one in held)
        {
            if (one.ExpiresAt is null && previousExpiresAt > transaction.DatabaseNow)
                one.ExpiresAt = previousExpiresAt;
            else
                transaction.Context.Remove(one);
        }

        transaction.Context.Add(SealedSecret(row.SystemId, secret));
        row.HmacKeyId = KeyIdOf(secret);
    }

    private SystemSecretRow SealedSecret(int systemId, WebhookSecret secret)
    {
        var now = clock.GetUtcNow();
        return new SystemSecretRow
        {
            SecretId = Guid.CreateVersion7(now),
            SystemId = systemId,
            Sealed = secrets.Protect(SystemDirectory.SecretLabel(systemId), secret.Key),
            CreatedAt = now,
        };
    }

    private static string KeyIdOf(WebhookSecret secret) => IdentifierForms.KeyId(IdentifierForms.DeriveKey(secret));
}

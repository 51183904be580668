using System.Collections.Concurrent;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;
using OptOut.Service.Audit.Sequencing;

namespace OptOut.Service.Audit.Witnessing;

/// <summary>
/// Brings witnesses up to our newest checkpoint. A witness that holds more than we have, or another history, has seen what
/// this database has forgotten or what somebody has rewritten: an incident. One that does not answer blocks nothing.
/// </summary>
internal sealed class WitnessDesk(
    WitnessSettings settings, WitnessClient client, WitnessRows cosignatures, LedgerRows rows, LedgerKeys keys,
    TimeProvider clock)
{
    /// <summary>Told another size, asked again with it; more often means that two of us are asking at once.</summary>
    private const int MaxRounds = 3;

    private readonly ConcurrentDictionary<string, string> _trouble = new(StringComparer.Ordinal);

    public IReadOnlyList<WitnessSetting> Witnesses => settings.Witnesses;

    /// <summary>Why this process had no cosignature from the witness the last time; null where it had.</summary>
    public string? TroubleOf(string witness) => _trouble.GetValueOrDefault(witness);

    /// <summary>Asks every witness for the newest checkpoint; true where one gave a cosignature that is new.</summary>
    /// <exception cref="LedgerIncidentException">A witness holds what this database does not.</exception>
    public async Task<bool> CosignAsync(CancellationToken cancellationToken)
    {
        if (settings.Witnesses.Count == 0 || await rows.CheckpointAsync(cancellationToken) is not { } newest)
            return false;

        var held = await cosignatures.NewestAsync(settings.Witnesses.Select(w => w.Verifier.Name), cancellationToken);
        var wanted = settings.Witnesses
            .Where(witness => held.GetValueOrDefault(witness.Verifier.Name)?.Size != newest.Size).ToList();
        var cosigned = await Task.WhenAll(wanted.Select(witness => CosignAsync(
            witness, newest, held.GetValueOrDefault(witness.Verifier.Name)?.Size ?? 0, cancellationToken)));
        return cosigned.Any(done => done);
    }

    /// <summary>
    /// Asks each witness what it holds, whatever our own rows say about it: they may be those of an older backup.
    /// </summary>
    /// <exception cref="LedgerIncidentException">A witness holds what this database does not.</exception>
    public async Task CompareAsync(CancellationToken cancellationToken)
    {
        if (settings.Witnesses.Count == 0 || !keys.CanSign)
            return;
        var newest = await rows.CheckpointAsync(cancellationToken) ?? Empty();
        await Task.WhenAll(settings.Witnesses.Select(witness => CosignAsync(witness, newest, 0, cancellationToken)));
    }

    private async Task<bool> CosignAsync(
        WitnessSetting witness, StoredCheckpoint newest, long old, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var request = new WitnessRequest(old, await ProofAsync(old, newest.Size, cancellationToken), newest.Note);
            switch (await client.AskAsync(witness, request, cancellationToken))
            {
                case WitnessAnswer.Cosigned when newest.Size == 0:
                    return false;
                case WitnessAnswer.Cosigned cosigned:
                    await cosignatures.AddAsync(
                        newest.Size, witness.Verifier.Name, cosigned.Line, clock.GetUtcNow(), cancellationToken);
                    _trouble.TryRemove(witness.Verifier.Name, out _);
                    return true;
                case WitnessAnswer.Holds holds when holds.Size > newest.Size:
                    await RequireNewerAsync(holds.Size, cancellationToken);
                    return false;
                case WitnessAnswer.Holds holds when holds.Size != old:
                    old = holds.Size;
                    break;
                case WitnessAnswer.Unusable unusable:
                    _trouble[witness.Verifier.Name] = unusable.Why;
                    return false;
                default:
                    throw new LedgerIncidentException(LedgerIncidentException.WitnessDiffers);
            }
        }

        _trouble[witness.Verifier.Name] = "moving";
        return false;
    }

    /// <summary>Where nothing was signed yet, or it is forgotten, the empty tree is what a witness is asked about.</summary>
    private StoredCheckpoint Empty()
    {
        var root = MerkleTree.EmptyRoot();
        return new StoredCheckpoint(
            0, root, new Checkpoint(keys.Origin, 0, root).Sign(keys.Signers).ToBytes(), clock.GetUtcNow());
    }

    /// <summary>Another replica may have published meanwhile; else the witness has seen what we have not.</summary>
    private async Task RequireNewerAsync(long size, CancellationToken cancellationToken)
    {
        if (await rows.CheckpointAsync(cancellationToken) is { } now && now.Size >= size)
            return;
        throw new LedgerIncidentException(LedgerIncidentException.WitnessAhead);
    }

    private async Task<IReadOnlyList<byte[]>> ProofAsync(long from, long to, CancellationToken cancellationToken)
    {
        if (from == 0)
            return [];
        NodeReader nodes = await rows.NodesAsync(to, ConsistencyProof.NodesFor(from, to), cancellationToken);
        return ConsistencyProof.Build(from, to, nodes).Hashes;
    }
}

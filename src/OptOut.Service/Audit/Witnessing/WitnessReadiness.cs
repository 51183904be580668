using System.Globalization;
using Npgsql;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit.Witnessing;

/// <summary>How far witnesses have cosigned. One that is down stops nothing, and is said.</summary>
internal sealed class WitnessReadiness(WitnessDesk desk, WitnessRows cosignatures, LedgerRows rows, TimeProvider clock)
    : IReadinessCheck
{
    /// <summary>A published checkpoint that is not cosigned for longer than this is worth a look.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    public string Name => "witness";

    public async ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken)
    {
        if (desk.Witnesses.Count == 0)
            return ReadinessResult.Ok("No witness is configured.");
        try
        {
            var newest = await rows.CheckpointAsync(cancellationToken);
            var held = await cosignatures.NewestAsync(desk.Witnesses.Select(w => w.Verifier.Name), cancellationToken);
            var behind = desk.Witnesses.Count(witness => newest is not null
                && held.GetValueOrDefault(witness.Verifier.Name)?.Size != newest.Size
                && (clock.GetUtcNow() - newest.SignedAt > MaxAge || desk.TroubleOf(witness.Verifier.Name) is not null));
            var said = string.Create(CultureInfo.InvariantCulture,
                $"Cosigned up to {held.Values.Select(one => one.Size).DefaultIfEmpty(0).Max()} of {newest?.Size ?? 0} leaves.");
            return behind == 0
                ? ReadinessResult.Ok(said)
                : ReadinessResult.Degraded($"{behind} of {desk.Witnesses.Count} witnesses do not cosign. {said}");
        }
        catch (NpgsqlException)
        {
            return ReadinessResult.Degraded("The database does not answer.");
        }
    }
}

using OptOut.Service.Audit.Witnessing;

namespace OptOut.Service.Audit.Reading;

/// <summary>Who witnesses the log, and how far.</summary>
public sealed record WitnessesView(IReadOnlyList<WitnessView> Witnesses);

/// <summary>One witness.</summary>
/// <param name="Name">Its name in signature lines.</param>
/// <param name="Vkey">Its C2SP verifier key, of type 0x04.</param>
/// <param name="CosignedSize">Size of the newest checkpoint that it cosigned; null before the first.</param>
/// <param name="CosignedAt">When we had that cosignature.</param>
/// <param name="AgeSeconds">How long ago that is.</param>
/// <param name="State"><c>cosigning</c>, or <c>behind</c>: it does not answer, or not usably.</param>
public sealed record WitnessView(
    string Name, string Vkey, long? CosignedSize, DateTimeOffset? CosignedAt, long? AgeSeconds, string State);

/// <summary><c>GET /v1/ledger/witnesses</c>.</summary>
internal static class GetWitnesses
{
    public const string Example =
        """
        { "witnesses": [ { "name": "witness.example.org", "vkey": "witness.example.org+6f1c2b3a+BGk…",
          "cosignedSize": 41, "cosignedAt": "2026-11-20T15:00:01.120Z", "ageSeconds": 3, "state": "cosigning" } ] }
        """;

    public static async Task<IResult> HandleAsync(
        HttpContext http, WitnessDesk desk, WitnessRows cosignatures, TimeProvider clock)
    {
        var held = await cosignatures.NewestAsync(desk.Witnesses.Select(w => w.Verifier.Name), http.RequestAborted);
        var now = clock.GetUtcNow();
        return TypedResults.Json(
            new WitnessesView([.. desk.Witnesses.Select(witness => View(
                witness, held.GetValueOrDefault(witness.Verifier.Name), desk.TroubleOf(witness.Verifier.Name), now))]),
            LedgerJson.Strict.WitnessesView);
    }

    private static WitnessView View(WitnessSetting witness, NewestCosignature? newest, string? trouble, DateTimeOffset now) => new(
        witness.Verifier.Name, witness.Verifier.ToString(), newest?.Size, newest?.CosignedAt,
        newest is null ? null : (long)(now - newest.CosignedAt).TotalSeconds, trouble is null ? "cosigning" : "behind");
}

using OptOut.Ledger.Notes;

namespace OptOut.Cli.Witness;

/// <summary>What a witness says to a checkpoint: a closed set.</summary>
internal abstract record WitnessVerdict
{
    /// <summary>The log has only grown: to be stored, then cosigned.</summary>
    internal sealed record Accepted(Checkpoint Checkpoint, SignedNote Note) : WitnessVerdict;

    /// <summary>The sender is behind, or wrong about what we hold: told the size.</summary>
    internal sealed record Stale(long Size) : WitnessVerdict;

    internal sealed record Malformed : WitnessVerdict;

    internal sealed record UnknownLog : WitnessVerdict;

    internal sealed record NotSigned : WitnessVerdict;

    /// <summary>The proof does not show that the log continues what we hold.</summary>
    internal sealed record NotConsistent : WitnessVerdict;
}

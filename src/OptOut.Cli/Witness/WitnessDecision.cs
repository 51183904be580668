using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;

namespace OptOut.Cli.Witness;

/// <summary>The rules of C2SP tlog-witness, in its order, without I/O.</summary>
internal static class WitnessDecision
{
    /// <param name="log">The one log that this witness watches.</param>
    /// <param name="held">What it cosigned last; null before the first.</param>
    public static WitnessVerdict Decide(TrustedLog log, Checkpoint? held, ReadOnlySpan<byte> body)
    {
        WitnessRequest request;
        SignedNote note;
        Checkpoint checkpoint;
        try
        {
            request = WitnessRequest.Parse(body);
            note = SignedNote.Parse(request.Checkpoint);
            checkpoint = Checkpoint.Parse(note.Text);
        }
        catch (FormatException)
        {
            return new WitnessVerdict.Malformed();
        }

        if (checkpoint.Origin != log.Origin)
            return new WitnessVerdict.UnknownLog();
        if (note.Check(log.Keys).Verdict != NoteVerdict.Verified)
            return new WitnessVerdict.NotSigned();
        if (request.OldSize > checkpoint.Size)
            return new WitnessVerdict.Malformed();
        if (request.OldSize != (held?.Size ?? 0))
            return new WitnessVerdict.Stale(held?.Size ?? 0);
        if (held is { Size: > 0 } && held.Size == checkpoint.Size && !held.Root.Span.SequenceEqual(checkpoint.Root.Span))
            return new WitnessVerdict.Stale(held.Size);
        return IsContinued(request, held, checkpoint)
            ? new WitnessVerdict.Accepted(checkpoint, note)
            : new WitnessVerdict.NotConsistent();
    }

    // Every tree continues the empty one, and no proof says so.
    private static bool IsContinued(WitnessRequest request, Checkpoint? held, Checkpoint checkpoint) =>
        request.OldSize == 0
            ? request.Proof.Count == 0
            : new ConsistencyProof(request.OldSize, checkpoint.Size, request.Proof)
                .Verify(held!.Root.Span, checkpoint.Root.Span);
}

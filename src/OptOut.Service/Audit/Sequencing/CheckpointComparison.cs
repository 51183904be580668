using OptOut.Ledger.Notes;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>Compares a checkpoint that was given out with the rows there are now.</summary>
internal sealed class CheckpointComparison(LedgerRows rows, LedgerKeys keys)
{
    /// <summary>The checkpoint's size, once it is known to be ours, not ahead of the rows, and with their root.</summary>
    /// <exception cref="LedgerIncidentException">It is not: an older backup was restored, or a row was changed.</exception>
    public async Task<long> VerifyAsync(byte[]? note, long headSize, CancellationToken cancellationToken)
    {
        if (note is null)
            return 0;

        var checkpoint = Read(note);
        Require(checkpoint.Size <= headSize, LedgerIncidentException.PublishedAhead);
        if (checkpoint.Size > 0)
        {
            var then = await rows.RangeAtAsync(checkpoint.Size, cancellationToken);
            Require(then.Root().AsSpan().SequenceEqual(checkpoint.Root.Span), LedgerIncidentException.PublishedDiffers);
        }

        return checkpoint.Size;
    }

    /// <summary>Reads a checkpoint that our keys must have signed.</summary>
    /// <exception cref="LedgerIncidentException">They have not.</exception>
    public Checkpoint Read(byte[] note)
    {
        try
        {
            var signed = SignedNote.Parse(note);
            var checkpoint = Checkpoint.Parse(signed.Text);
            Require(signed.Check(keys.Verifiers).Verdict == NoteVerdict.Verified && checkpoint.Origin == keys.Origin,
                LedgerIncidentException.ForeignCheckpoint);
            return checkpoint;
        }
        catch (FormatException)
        {
            throw new LedgerIncidentException(LedgerIncidentException.ForeignCheckpoint);
        }
    }

    private static void Require(bool holds, string code)
    {
        if (!holds)
            throw new LedgerIncidentException(code);
    }
}

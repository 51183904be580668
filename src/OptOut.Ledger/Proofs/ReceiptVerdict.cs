namespace OptOut.Ledger.Proofs;

/// <summary>What checking a receipt came to. Only <see cref="Proven"/> proves anything.</summary>
public enum ReceiptVerdict
{
    /// <summary>A known key of this log signed a tree in which this leaf stands.</summary>
    Proven,

    /// <summary>The checkpoint in the receipt is not one.</summary>
    MalformedCheckpoint,

    /// <summary>The checkpoint is another log's.</summary>
    OtherLog,

    /// <summary>No known key signed the checkpoint.</summary>
    NoKnownKey,

    /// <summary>A known key's signature on the checkpoint is bad, or two known keys cannot be told apart.</summary>
    BadSignature,

    /// <summary>The receipt carries another leaf than the one it is to prove.</summary>
    OtherLeaf,

    /// <summary>The leaf is not in the checkpoint's tree at the index that the receipt names.</summary>
    NotIncluded,
}

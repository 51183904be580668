using OptOut.Ledger.Notes;

namespace OptOut.Ledger.Proofs;

/// <summary>What a reader of receipts trusts: a log's name and its keys, got from elsewhere than the receipt.</summary>
public sealed record TrustedLog
{
    /// <summary>Names the log and its keys.</summary>
    /// <exception cref="ArgumentException">
    /// There is no key, or one is a witness's: a witness says that a tree grew, not that it is the log's.
    /// </exception>
    public TrustedLog(string origin, IReadOnlyList<NoteVerifier> keys)
    {
        ArgumentException.ThrowIfNullOrEmpty(origin);
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count == 0 || keys.Any(key => key.KeyType == NoteKeyType.Cosignature))
            throw new ArgumentException("A log is trusted by its own keys.", nameof(keys));
        (Origin, Keys) = (origin, keys);
    }

    /// <summary>The log's name.</summary>
    public string Origin { get; }

    /// <summary>The log's keys; one good signature is enough.</summary>
    public IReadOnlyList<NoteVerifier> Keys { get; }
}

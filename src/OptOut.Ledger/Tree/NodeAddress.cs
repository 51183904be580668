namespace OptOut.Ledger.Tree;

/// <summary>
/// The place of a complete subtree: it covers the 2^<paramref name="Level"/> leaves from
/// <paramref name="Index"/> × 2^<paramref name="Level"/> on. Level 0 is a leaf's hash.
/// </summary>
public readonly record struct NodeAddress(int Level, long Index);

/// <summary>
/// Gives the 32-byte hash of a complete subtree. Throws where it has none; a proof is never built on a guess.
/// </summary>
public delegate byte[] NodeReader(NodeAddress address);

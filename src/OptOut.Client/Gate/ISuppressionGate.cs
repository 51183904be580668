namespace OptOut.Client;

/// <summary>
/// Answers "may I?" from a copy of the suppression list in this process: without a request, a lock or a wait. Ask right
/// before the data is used, not when the work is planned. Safe from any number of threads.
/// </summary>
public interface ISuppressionGate
{
    /// <summary>How far the copy can be relied on.</summary>
    GateStatus Status { get; }

    /// <summary>Whether data of this person may be used. A stop that is found is reported to the service.</summary>
    /// <param name="type">The identifier's type, such as <c>email</c>.</param>
    /// <param name="value">The identifier as it is written; brought to its canonical form here.</param>
    /// <param name="purpose">A purpose of the tree, such as <c>marketing.newsletter</c>.</param>
    /// <param name="channel">The channel about to be used: <c>email sms phone post push ads</c>.</param>
    SuppressionAnswer Check(string type, string value, string purpose, string channel);

    /// <summary>
    /// The same for a key made by <see cref="TryGetKey"/>, for those who ask about one person many times. A stop found
    /// this way is counted and not reported: the key does not say who the person is.
    /// </summary>
    SuppressionAnswer Check(in GateKey key, string purpose, string channel);

    /// <summary>
    /// The key of an identifier. False where it cannot be read or the gate has no copy yet. A key lasts until the
    /// service rotates its feed key; after that it is answered <see cref="SuppressionAnswer.Unknown"/>.
    /// </summary>
    bool TryGetKey(string type, string value, out GateKey key);
}

using System.Runtime.CompilerServices;

namespace OptOut.Client;

/// <summary>Filters exports and segments by a gate.</summary>
public static class AllowedItems
{
    /// <summary>
    /// The items of people who may be used, in order. Each is asked about as it passes, so that a long export honours stops
    /// that come while it runs. What the gate does not know is held back.
    /// </summary>
    /// <param name="items">What would be exported.</param>
    /// <param name="gate">Who is asked.</param>
    /// <param name="audience">Whom an item is about, and what for; null where nobody can say, and then it is held back.</param>
    /// <param name="heldBack">Told of each item that is held back, and why.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    public static async IAsyncEnumerable<T> WhereAllowed<T>(
        this IAsyncEnumerable<T> items, ISuppressionGate gate, Func<T, MessageAudience?> audience,
        Action<T, SuppressionAnswer>? heldBack = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(audience);
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            var answer = audience(item) is { } person
                ? gate.Check(person.Type, person.Value, person.Purpose, person.Channel)
                : SuppressionAnswer.Unknown;
            if (answer == SuppressionAnswer.Allowed) yield return item;
            else heldBack?.Invoke(item, answer);
        }
    }
}

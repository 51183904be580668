using System.Collections.Concurrent;
using OptOut.Contracts;

namespace OptOut.Samples.Crm;

/// <summary>
/// The contacts, and a list of what must not be contacted. The list is kept apart from the contacts, so that a person
/// who is imported again tomorrow is still stopped. Both are keyed by hash, which serves both forms of identifiers.
/// </summary>
internal sealed class ContactList
{
    private const int MaxEntries = 1_000_000;

    private readonly HashSet<string> _contacts =
        [.. new[] { "ada@example.com", "grace@example.com", "+4930123456" }.Select(IdentifierForms.Sha256)];

    private readonly ConcurrentDictionary<(string Person, OptOutScope Scope), bool> _stopped = new();

    /// <summary>Stops a person for a scope, known or not.</summary>
    /// <returns>Whether the person is among the contacts.</returns>
    internal bool Stop(EventIdentifier identifier, OptOutScope scope)
    {
        if (_stopped.Count >= MaxEntries) throw new InvalidOperationException("The list is full.");
        _stopped[(Key(identifier), scope)] = true;
        return _contacts.Contains(Key(identifier));
    }

    /// <summary>Lifts the stop of a scope.</summary>
    internal bool Lift(EventIdentifier identifier, OptOutScope scope) =>
        _stopped.TryRemove((Key(identifier), scope), out _);

    private static string Key(EventIdentifier identifier) =>
        identifier.Form == IdentifierForm.Plain ? IdentifierForms.Sha256(identifier.Value) : identifier.Value;
}

using System.Collections.Concurrent;
using OptOut.Contracts;

namespace OptOut.Samples.Mailer;

/// <summary>Mails that wait to be sent, and the addresses that get none. Keyed by hash, so no address is kept twice.</summary>
internal sealed class MailQueue
{
    private const int MaxEntries = 1_000_000;

    private readonly ConcurrentDictionary<string, int> _waiting = new(
        new[] { ("ada@example.com", 3), ("grace@example.com", 1) }
            .Select(mail => KeyValuePair.Create(IdentifierForms.Sha256(mail.Item1), mail.Item2)));

    private readonly ConcurrentDictionary<(string Address, OptOutScope Scope), bool> _blocked = new();

    /// <summary>Blocks an address and takes its mails out of the queue.</summary>
    /// <returns>How many mails were cancelled.</returns>
    internal int Stop(EventIdentifier address, OptOutScope scope)
    {
        if (_blocked.Count >= MaxEntries) throw new InvalidOperationException("The list is full.");
        _blocked[(Key(address), scope)] = true;
        return _waiting.TryRemove(Key(address), out var cancelled) ? cancelled : 0;
    }

    /// <summary>Lifts the block of a scope; cancelled mails do not come back.</summary>
    internal bool Lift(EventIdentifier address, OptOutScope scope) => _blocked.TryRemove((Key(address), scope), out _);

    private static string Key(EventIdentifier address) =>
        address.Form == IdentifierForm.Plain ? IdentifierForms.Sha256(address.Value) : address.Value;
}

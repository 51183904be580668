namespace OptOut.Service.Enforcement.Feed;

/// <summary>Everything that stands for one identifier.</summary>
/// <param name="Hash">The whole keyed hash.</param>
/// <param name="Scopes">Scopes as <c>purpose/channel</c>, in order; none is a tombstone.</param>
/// <param name="Version">Grows with every change of the person's stops.</param>
internal sealed record FeedEntry(string KeyId, byte[] Hash, string[] Scopes, long Version);

/// <summary>A moment of the database: everything that transactions below the number wrote can be seen from it on.</summary>
internal sealed record FeedMoment(FeedHistory History, ulong Transaction, DateTimeOffset AsOf, long Revision);

/// <summary>A version that was written, as the change it is.</summary>
internal readonly record struct FeedChange(Guid OptOutId, int Version, Guid SubjectId, ulong Transaction);

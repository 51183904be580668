using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Recording.Deciding;

/// <summary>A reversal token as loaded; expiry was decided by the database's clock.</summary>
internal sealed record TokenState(Guid SubjectId, Scope Scope, bool Usable);

/// <summary>
/// What the batch has read, kept up to date as its commands are decided one after the other: a later command of the
/// same batch sees what an earlier one did.
/// </summary>
internal sealed class RecordingBook(PurposeTree purposes, SystemSet systems)
{
    private readonly Dictionary<KeyedHash, SubjectState> _byHash = [];
    private readonly Dictionary<Guid, SubjectState> _bySubject = [];
    private readonly Dictionary<Guid, SubjectState> _byOptOut = [];
    private readonly Dictionary<string, TokenState> _tokens = new(StringComparer.Ordinal);

    public PurposeTree Purposes { get; } = purposes;
    public SystemSet Systems { get; } = systems;

    public SubjectState? BySubject(Guid subjectId) => _bySubject.GetValueOrDefault(subjectId);
    public SubjectState? ByOptOut(Guid optOutId) => _byOptOut.GetValueOrDefault(optOutId);
    public SubjectState? ByHash(KeyedHash hash) => _byHash.GetValueOrDefault(hash);
    public TokenState? Token(byte[] hash) => _tokens.GetValueOrDefault(Convert.ToHexString(hash));

    public SubjectState Add(SubjectState subject)
    {
        _bySubject[subject.Id] = subject;
        return subject;
    }

    public void AddMember(Guid subjectId, SubjectState survivor) => _bySubject[subjectId] = survivor;
    public void AddHash(KeyedHash hash, SubjectState subject) => _byHash[hash] = subject;
    public void AddToken(byte[] hash, TokenState token) => _tokens[Convert.ToHexString(hash)] = token;

    public void Put(SubjectState subject, RecordState record)
    {
        subject.Put(record);
        _byOptOut[record.OptOutId] = subject;
    }

    /// <summary>Lets every name of the loser lead to the survivor.</summary>
    public void Merge(SubjectState loser, SubjectState survivor)
    {
        survivor.Absorb(loser);
        Redirect(_byHash, loser, survivor);
        Redirect(_bySubject, loser, survivor);
        Redirect(_byOptOut, loser, survivor);
    }

    private static void Redirect<TKey>(Dictionary<TKey, SubjectState> index, SubjectState from, SubjectState to)
        where TKey : notnull
    {
        foreach (var key in index.Where(entry => entry.Value == from).Select(entry => entry.Key).ToList())
            index[key] = to;
    }
}

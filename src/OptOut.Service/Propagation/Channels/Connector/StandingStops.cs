using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;

namespace OptOut.Service.Propagation.Channels.Connector;

/// <summary>The scopes that are stopped for a person now, by the subject's public id.</summary>
internal delegate Task<IReadOnlyList<Scope>> FindStandingStops(string subjectId, CancellationToken cancellationToken);

/// <summary>Reads them from the records.</summary>
internal sealed class StandingStops(RecordQueries records)
{
    private const int Page = 200;

    public async Task<IReadOnlyList<Scope>> FindAsync(string subjectId, CancellationToken cancellationToken)
    {
        var scopes = new List<Scope>();
        if (!PublicId.TryParse(subjectId, PublicId.Subject, out var subject))
            return scopes;
        var after = Guid.Empty;
        while (true)
        {
            var page = await records.OfSubjectAsync(subject, after, Page, RecordSight.All, cancellationToken);
            scopes.AddRange(page.Where(record => record.Stands).Select(record => record.Scope));
            if (page.Count < Page)
                return scopes;
            after = page[^1].OptOutId;
        }
    }
}

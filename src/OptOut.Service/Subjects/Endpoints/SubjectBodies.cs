using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Subjects.Endpoints;

/// <summary>The body of <c>POST /v1/subjects/lookup</c>.</summary>
/// <param name="Identifier">One identifier, as the person wrote it; it is normalised before it is compared.</param>
public sealed record LookupRequest(IdentifierRequest Identifier);

/// <summary>A person: never more than an id and the types of what is known of them.</summary>
/// <param name="Id"><c>sub_…</c>, the surviving person where several turned out to be one.</param>
/// <param name="Identifiers">One entry for each type that is known, by name.</param>
public sealed record SubjectView(string Id, IReadOnlyList<IdentifierTypeView> Identifiers)
{
    internal static SubjectView Of(Guid subjectId, IEnumerable<string> types) => new(
        PublicId.Format(PublicId.Subject, subjectId), [.. types.Select(type => new IdentifierTypeView(type))]);
}

/// <summary>That an identifier of this type is known; its value is never answered.</summary>
public sealed record IdentifierTypeView(string Type);

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Features;

namespace OptOut.Service.Platform.Http;

/// <summary>The body of every error (RFC 9457), alone or as one item of a batch's answer.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed class ProblemDocument
{
    /// <summary>A URL at which this sort of problem is explained.</summary>
    public required string Type { get; init; }

    /// <summary>The same words for every problem of this type.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status; of the item, inside a batch's answer.</summary>
    public required int Status { get; init; }

    /// <summary>What happened here, without repeating anything that was sent.</summary>
    public required string Detail { get; init; }

    /// <summary>The path that was asked; secrets and free text in it are replaced by the parameter's name.</summary>
    public required string Instance { get; init; }

    /// <summary>What programs switch on: stable, snake_case.</summary>
    public required string Code { get; init; }

    /// <summary>The id of this request, as in the header <c>Request-Id</c>.</summary>
    public required string RequestId { get; init; }

    /// <summary>The W3C trace id; null where nothing traces.</summary>
    public string? TraceId { get; init; }

    /// <summary>The faults of the body, where the body is at fault.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FieldError>? Errors { get; init; }

    /// <summary>Members that one sort of problem adds.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Members { get; set; }

    /// <summary>The trace is the request's own: some problems are composed on the writer's thread, where none is current.</summary>
    internal static ProblemDocument From(Problem problem, HttpContext http) => new()
    {
        Type = ProblemPage.TypeOf(http, problem.Kind),
        Title = problem.Kind.Title,
        Status = problem.Kind.Status,
        Detail = problem.Detail ?? problem.Kind.Meaning,
        Instance = SafePath.Of(http),
        Code = problem.Kind.Code,
        RequestId = http.RequestId(),
        TraceId = (http.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current)?.TraceId.ToString(),
        Errors = problem.Errors,
        Members = problem.Members is null ? null : new Dictionary<string, JsonElement>(problem.Members),
    };
}

using OptOut.Service.Platform.Http;

namespace OptOut.Service.Subjects.Endpoints;

/// <summary>The refusals about subjects, and what the API documentation shows.</summary>
internal static class SubjectProblems
{
    public static readonly ProblemKind Unknown = new(404, "subject_unknown", "No such subject.",
        "No person has this id or this identifier.");
}

internal static class SubjectExamples
{
    public const string Lookup = """{ "identifier": { "type": "email", "value": "ada@example.com" } }""";

    public const string Identifier = """{ "type": "phone", "value": "+442079460958" }""";

    public const string Subject =
        """
        { "id": "sub_01998a6f0c2e7aa48d1b6f3c5e9d2070",
          "identifiers": [ { "type": "email" }, { "type": "phone" } ] }
        """;
}

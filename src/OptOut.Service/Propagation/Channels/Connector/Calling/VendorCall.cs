using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector.Calling;

/// <summary>A request with the rules that read its answer: the first that fits counts.</summary>
internal sealed record VendorCall(VendorRequest Request, IReadOnlyList<OutcomeRule<AcknowledgementOutcome>> Outcomes);

/// <summary>A question whether the vendor still holds the stop, and how long after it was applied it is asked.</summary>
internal sealed record ReadBackCall(
    VendorRequest Request, IReadOnlyList<OutcomeRule<ReadBackVerdict>> Outcomes, TimeSpan After);

/// <summary>What a read-back found.</summary>
internal enum ReadBackVerdict
{
    /// <summary>The vendor holds the stop.</summary>
    Present,

    /// <summary>It accepted it and does not hold it any more.</summary>
    Absent,

    /// <summary>It could not be found out now.</summary>
    Unknown,
}

/// <summary>One request: method, path, headers, body.</summary>
/// <param name="Path">From the first slash on, with a query where the vendor wants one.</param>
internal sealed record VendorRequest(
    HttpMethod Method, Template Path, IReadOnlyList<(string Name, Template Value)> Headers, VendorBody? Body);

/// <summary>A body: JSON, or a form whose values are text or JSON.</summary>
internal sealed record VendorBody(bool IsForm, BodyNode Root);

/// <summary>A node of a body as the definition has it.</summary>
internal abstract record BodyNode
{
    internal sealed record Text(Template Template) : BodyNode;

    /// <summary>A number, true, false or null, as JSON writes it.</summary>
    internal sealed record Constant(string Json) : BodyNode;

    internal sealed record List(IReadOnlyList<BodyNode> Items) : BodyNode;

    internal sealed record Map(IReadOnlyList<(string Name, BodyNode Value)> Members) : BodyNode;
}

/// <summary>Reads one kind of answer.</summary>
/// <param name="Statuses">The statuses it is about; hundreds stand for their whole class.</param>
/// <param name="Test">What must hold of the body; null where the status is enough.</param>
/// <param name="Reason">Why, for people, where it is refused.</param>
internal sealed record OutcomeRule<T>(IReadOnlyList<StatusRange> Statuses, BodyTest? Test, T Is, string? Reason)
    where T : struct, Enum;

internal readonly record struct StatusRange(int First, int Last)
{
    public bool Holds(int status) => status >= First && status <= Last;
}

/// <summary>A place in a JSON body, and what must be there.</summary>
/// <param name="Exists">True or false where its presence is all that counts; else null.</param>
/// <param name="AnyOf">The value, or a member of the list found there, is one of these, case aside.</param>
/// <param name="Contains">The text found there holds this, case aside; null where it is not asked for.</param>
internal sealed record BodyTest(JsonPlace Place, bool? Exists, IReadOnlyList<Template> AnyOf, string? Contains = null);

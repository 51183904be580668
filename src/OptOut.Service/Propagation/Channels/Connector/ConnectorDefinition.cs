using System.Text.RegularExpressions;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector;

/// <summary>A vendor, described: what is asked of it, how, and how its answers are read. docs/connectors.md.</summary>
internal sealed record ConnectorDefinition
{
    public required string Name { get; init; }
    public required string Title { get; init; }

    /// <summary>The vendor's own page that it was made from.</summary>
    public required string Documentation { get; init; }

    public required ConnectorEndpoint Endpoint { get; init; }

    /// <summary>The identifier types that the vendor knows people by, in plain form.</summary>
    public required IReadOnlyList<string> Identifiers { get; init; }

    public required IReadOnlyDictionary<string, SettingRule> Settings { get; init; }
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>Null where the vendor has no lists: one call is for everything.</summary>
    public required ListRule? Lists { get; init; }

    public required VendorAuthentication Authentication { get; init; }
    public required RatePlan Rate { get; init; }

    /// <summary>What is said to have been done where a stop was applied.</summary>
    public required AppliedAction Action { get; init; }

    public required VendorCall Stop { get; init; }

    /// <summary>Null where the vendor offers no way back: the person stays stopped there.</summary>
    public required VendorCall? Lift { get; init; }

    public required ReadBackCall? ReadBack { get; init; }
}

/// <summary>Where the vendor answers.</summary>
/// <param name="Url">Scheme and host; settings may stand in it.</param>
/// <param name="Alternatives">Other addresses of the same vendor that a registration may choose.</param>
internal sealed record ConnectorEndpoint(Template Url, IReadOnlyList<string> Alternatives);

/// <summary>What a registration gives beside secrets.</summary>
internal sealed record SettingRule(string Title, Regex Pattern, string? Default);

/// <summary>What the vendor's lists are called, and what their names look like.</summary>
internal sealed record ListRule(string Title, Regex Pattern);

/// <summary>At most so many requests in so many seconds, in each process.</summary>
internal sealed record RatePlan(int Requests, int Seconds)
{
    public TimeSpan Interval => TimeSpan.FromSeconds((double)Seconds / Requests);
}

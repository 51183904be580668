using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Channels.Connector;

/// <summary>What an event comes to at a vendor: calls to make, or a word that needs none.</summary>
internal abstract record VendorPlan
{
    internal sealed record Calls(VendorCall Call, IReadOnlyList<CallFacts> Each) : VendorPlan;

    internal sealed record Answered(AcknowledgementOutcome Outcome, string Reason) : VendorPlan;

    public const string NoIdentifier = "no_identifier";
    public const string NotMapped = "scope_not_mapped";
    public const string NoWayBack = "lift_not_supported";
    public const string OtherStopStands = "other_stop_stands";

    /// <param name="standing">The person's stops that stand now; needed to lift one, ignored else.</param>
    public static VendorPlan Of(
        ConnectorDefinition definition, DownstreamSystem system, OptOutEventData data, IReadOnlyList<Scope> standing)
    {
        var identifiers = data.Identifiers
            .Where(one => one.Form == IdentifierForm.Plain && definition.Identifiers.Contains(one.Type)).ToList();
        if (identifiers.Count == 0)
            return new Answered(AcknowledgementOutcome.NoMatch, NoIdentifier);
        var scope = new Scope(data.Scope.Purpose, data.Scope.Channel);
        return data.State == OptOutState.OptedOut
            ? Stop(definition, system, data, identifiers, scope)
            : Lift(definition, system, data, identifiers, scope, standing);
    }

    private static VendorPlan Stop(
        ConnectorDefinition definition, DownstreamSystem system, OptOutEventData data, List<EventIdentifier> identifiers,
        Scope scope)
    {
        var lists = ListChoice.ForStop(definition, system.Channel.Lists ?? [], scope);
        return lists.Count == 0
            ? new Answered(AcknowledgementOutcome.Refused, NotMapped)
            : new Calls(definition.Stop, Pairs(data, identifiers, lists));
    }

    private static VendorPlan Lift(
        ConnectorDefinition definition, DownstreamSystem system, OptOutEventData data, List<EventIdentifier> identifiers,
        Scope scope, IReadOnlyList<Scope> standing)
    {
        if (definition.Lift is not { } lift)
            return new Answered(AcknowledgementOutcome.Refused, NoWayBack);
        var given = system.Channel.Lists ?? [];
        // A vendor's list may stand for several scopes: while any stop of the person needs it, it stays.
        var needed = standing
            .Where(stop => ScopeRules.Touches(system.Contract.Purposes, system.Contract.Channels, stop))
            .SelectMany(stop => ListChoice.ForStop(definition, given, stop)).ToHashSet();
        var lists = ListChoice.ForLift(definition, given, scope).Where(list => !needed.Contains(list)).ToList();
        return lists.Count == 0
            ? new Answered(AcknowledgementOutcome.Applied, OtherStopStands)
            : new Calls(lift, Pairs(data, identifiers, lists));
    }

    private static List<CallFacts> Pairs(OptOutEventData data, List<EventIdentifier> identifiers, IReadOnlyList<string> lists) =>
        [.. identifiers.SelectMany(identifier => lists.Select(
            list => new CallFacts(data, identifier, list == ListChoice.Everything ? null : list)))];
}

/// <summary>Which of a vendor's lists a scope means. Where that is unclear, more is stopped and less is lifted.</summary>
internal static class ListChoice
{
    /// <summary>Stands for the vendor as a whole, where it has no lists.</summary>
    public const string Everything = "";

    /// <summary>The lists within the scope; where there is none, the narrowest that the scope lies in.</summary>
    public static IReadOnlyList<string> ForStop(ConnectorDefinition definition, IReadOnlyList<VendorList> lists, Scope scope)
    {
        if (definition.Lists is null)
            return [Everything];
        var within = lists.Where(list => Overlaps(list, scope) && ScopeRules.PurposeCovers(scope.Purpose, list.Purpose)).ToList();
        if (within.Count > 0)
            return [.. within.Select(list => list.List).Distinct()];
        var around = lists.Where(list => Overlaps(list, scope) && ScopeRules.PurposeCovers(list.Purpose, scope.Purpose)).ToList();
        var nearest = around.Count == 0 ? -1 : around.Max(list => list.Purpose == ScopeRules.Root ? 0 : list.Purpose.Length);
        return [.. around.Where(list => (list.Purpose == ScopeRules.Root ? 0 : list.Purpose.Length) == nearest)
            .Select(list => list.List).Distinct()];
    }

    /// <summary>The lists that lie wholly within the scope.</summary>
    public static IReadOnlyList<string> ForLift(ConnectorDefinition definition, IReadOnlyList<VendorList> lists, Scope scope) =>
        definition.Lists is null ? [Everything]
            : [.. lists.Where(list => ScopeRules.Covers(scope, new Scope(list.Purpose, list.Channel)))
                .Select(list => list.List).Distinct()];

    private static bool Overlaps(VendorList list, Scope scope) =>
        list.Channel == OptOut.Contracts.Scopes.Channels.Any || scope.Channel == OptOut.Contracts.Scopes.Channels.Any || list.Channel == scope.Channel;
}

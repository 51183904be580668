using OptOut.Contracts;
using OptOut.Subscriber;

namespace OptOut.Samples.Crm;

/// <summary>All that this system had to write: what a stop means for its own data.</summary>
internal sealed class CrmHandler(ContactList contacts) : IOptOutHandler
{
    public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        var (data, scope) = (notice.Data, notice.Data.Scope);
        if (data.Identifiers.Count == 0) return Task.FromResult(HandlingResult.NoMatch());
        if (!notice.IsStop)
        {
            var lifted = data.Identifiers.Count(identifier => contacts.Lift(identifier, scope));
            Say(data, $"lifted {lifted}");
            return Task.FromResult(HandlingResult.Applied("suppression_list", AppliedAction.None, lifted, "lift"));
        }

        var known = data.Identifiers.Count(identifier => contacts.Stop(identifier, scope));
        Say(data, $"suppressed {known} of its contacts");
        return Task.FromResult(HandlingResult.Applied(
            Action("contacts", known, "flag"),
            Action("suppression_list", data.Identifiers.Count, "insert")));
    }

    private static AcknowledgementAction Action(string asset, int count, string method) =>
        new() { Asset = asset, Action = AppliedAction.Suppressed, Count = count, Method = method };

    private static void Say(OptOutEventData data, string what) =>
        Console.WriteLine($"crm: {data.OptOutId} version {data.Version}, {data.Scope.Purpose}/{data.Scope.Channel}: {what}");
}

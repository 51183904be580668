using OptOut.Contracts;
using OptOut.Subscriber;

namespace OptOut.Samples.Mailer;

/// <summary>A stop blocks the address and cancels what already waits for it.</summary>
internal sealed class MailerHandler(MailQueue queue) : IOptOutHandler
{
    public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        var (data, scope) = (notice.Data, notice.Data.Scope);
        var addresses = data.Identifiers.Where(identifier => identifier.Type == "email").ToList();
        if (addresses.Count == 0) return Task.FromResult(HandlingResult.NoMatch());
        if (!notice.IsStop)
        {
            var lifted = addresses.Count(address => queue.Lift(address, scope));
            Say(data, $"lifted {lifted}");
            return Task.FromResult(HandlingResult.Applied("block_list", AppliedAction.None, lifted, "lift"));
        }

        var cancelled = addresses.Sum(address => queue.Stop(address, scope));
        Say(data, $"blocked, {cancelled} queued mails cancelled");
        return Task.FromResult(HandlingResult.Applied(
            new AcknowledgementAction
                { Asset = "block_list", Action = AppliedAction.Suppressed, Count = addresses.Count, Method = "insert" },
            new AcknowledgementAction
                { Asset = "outbox", Action = AppliedAction.CancelledQueued, Count = cancelled, Method = "dequeue" }));
    }

    private static void Say(OptOutEventData data, string what) =>
        Console.WriteLine($"mailer: {data.OptOutId} version {data.Version}, {data.Scope.Purpose}/{data.Scope.Channel}: {what}");
}

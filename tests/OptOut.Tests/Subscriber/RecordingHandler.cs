using System.Collections.Concurrent;
using OptOut.Contracts;
using OptOut.Subscriber;

namespace OptOut.Tests.Subscriber;

/// <summary>Remembers what it was handed and answers as the test says.</summary>
internal sealed class RecordingHandler : IOptOutHandler
{
    internal ConcurrentQueue<OptOutNotice> Notices { get; } = new();

    internal Func<OptOutNotice, CancellationToken, Task<HandlingResult>> Answer { get; set; } =
        (_, _) => Task.FromResult(HandlingResult.Applied("contacts", AppliedAction.Suppressed, 1, "flag"));

    public Task<HandlingResult> HandleAsync(OptOutNotice notice, CancellationToken cancellationToken)
    {
        Notices.Enqueue(notice);
        return Answer(notice, cancellationToken);
    }
}

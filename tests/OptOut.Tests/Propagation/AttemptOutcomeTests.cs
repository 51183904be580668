using OptOut.Service.Propagation.Channels;

namespace OptOut.Tests.Propagation;

public sealed class AttemptOutcomeTests
{
    [Fact]
    public void The_stored_texts_never_change() => Assert.Equal(
        [
            "sent", "acknowledged", "unroutable", "refused_by_broker", "unavailable", "timed_out", "bad_status",
            "redirected", "gone", "too_many_requests", "target_forbidden", "name_not_resolved", "tls_failure",
            "authentication_failed", "misconfigured", "interrupted",
        ],
        Enum.GetValues<AttemptOutcome>().Select(outcome => outcome.ToText()));
}

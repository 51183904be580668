using System.Globalization;
using OptOut.Contracts;

namespace OptOut.IntegrationTests.Subscriber;

/// <summary>Events as the service would tell them.</summary>
internal static class TestEvents
{
    internal const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    internal static OptOutEvent Version(int version, string optOut = "1")
    {
        var at = TimeProvider.System.GetUtcNow();
        var delivery = string.Create(CultureInfo.InvariantCulture, $"dlv_{optOut}_{version}");
        return new OptOutEvent
        {
            Id = delivery,
            Source = "/optout",
            Type = EventTypes.Recorded,
            TraceParent = Trace,
            Data = new OptOutEventData
            {
                DeliveryId = delivery,
                OptOutId = $"oo_{optOut}",
                Version = version,
                RecordHash = $"hash-{optOut}-{version}",
                State = OptOutState.OptedOut,
                SubjectId = "sub_1",
                Scope = new OptOutScope { Purpose = "marketing", Channel = "any" },
                Identifiers = [new EventIdentifier { Type = "email", Form = IdentifierForm.Plain, Value = "ada@example.com" }],
                RecordedAt = at,
                EffectiveFrom = at,
                ApplyBy = at.AddSeconds(60),
            },
        };
    }
}

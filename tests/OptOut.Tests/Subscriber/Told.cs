using System.Globalization;
using OptOut.Contracts;

namespace OptOut.Tests.Subscriber;

/// <summary>Events as the service would send them.</summary>
internal static class Told
{
    internal static readonly WebhookSecret Secret = WebhookSecret.FromKey("0123456789abcdef0123456789abcdef"u8);

    internal static OptOutEvent Version(int version, string optOut = "1", string? recordHash = null, string type = EventTypes.Recorded)
    {
        var at = new DateTimeOffset(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);
        var delivery = string.Create(CultureInfo.InvariantCulture, $"dlv_{optOut}_{version}");
        return new OptOutEvent
        {
            Id = delivery,
            Source = "/optout",
            Type = type,
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            Data = new OptOutEventData
            {
                DeliveryId = delivery,
                OptOutId = $"oo_{optOut}",
                Version = version,
                RecordHash = recordHash ?? $"hash-{optOut}-{version}",
                State = version % 2 == 1 ? OptOutState.OptedOut : OptOutState.OptedIn,
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

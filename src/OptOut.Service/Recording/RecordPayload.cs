using System.Globalization;
using System.Security.Cryptography;
using OptOut.Ledger;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording;

/// <summary>
/// The private part of a record that its ledger leaf commits to. Its SHA-256 is the record hash that systems echo.
/// The members are listed in docs/lifecycle.md; they never change for a written record.
/// </summary>
internal static class RecordPayload
{
    private const string Type = "optout.record/1";

    /// <summary>Canonical bytes of a version.</summary>
    public static byte[] Of(RecordState record)
    {
        var payload = new CanonicalObject
        {
            { "actorType", record.ActorType },
            { "channel", record.Scope.Channel },
            { "occurredAt", Time(record.OccurredAt) },
            { "optOutId", PublicId.Format(PublicId.OptOut, record.OptOutId) },
            { "originMethod", record.OriginMethod },
            { "originSystem", record.OriginSystem },
            { "purpose", record.Scope.Purpose },
            { "reason", record.ReasonCode },
            { "recordedAt", Time(record.RecordedAt) },
            { "state", record.State },
            { "subjectId", PublicId.Format(PublicId.Subject, record.SubjectId) },
            { "synthetic", record.Synthetic ? "true" : "false" },
            { "type", Type },
            { "version", record.Version.ToString(CultureInfo.InvariantCulture) },
        };
        payload.AddIfPresent("actorId", record.ActorId);
        payload.AddIfPresent("regime", record.Regime);
        return CanonicalJson.ToBytes(payload);
    }

    public static byte[] Hash(ReadOnlySpan<byte> payload) => SHA256.HashData(payload);

    private static string Time(DateTimeOffset value) =>
        value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

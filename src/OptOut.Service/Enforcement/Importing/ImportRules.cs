using System.Globalization;
using System.Text.RegularExpressions;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Database;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>From a row to the stop it says, or to why it says none.</summary>
internal sealed partial class ImportRules(IdentifierNormaliser normaliser, TimeProvider clock)
{
    private const string DefaultReason = "import";

    private static readonly TimeSpan AllowedSkew = TimeSpan.FromMinutes(5);
    private static readonly DateTimeOffset Earliest = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public (StopCommand? Command, RowStatus Fault) Read(
        ImportRow row, ImportSettings settings, PurposeTree purposes, RecordingContext context)
    {
        if (row.Fault != 0)
            return (null, (RowStatus)row.Fault);
        if (row.Type is null || row.Value is null
            || !normaliser.TryNormalise(row.Type, row.Value, out var identifier, out _))
            return (null, RowStatus.IdentifierUnreadable);
        if ((row.Purpose ?? settings.Purpose) is not { } purpose || !purposes.Contains(purpose))
            return (null, RowStatus.PurposeUnknown);
        var channel = row.Channel ?? settings.Channel;
        if (!Channels.IsKnown(channel))
            return (null, RowStatus.ChannelUnknown);
        if (!TryReadTime(row.OccurredAt, out var occurredAt))
            return (null, RowStatus.OccurredAtUnreadable);
        if (row.Reason is not null && !Code().IsMatch(row.Reason))
            return (null, RowStatus.ReasonMalformed);
        var claims = new ActClaims(
            occurredAt, "operator", null, settings.Format, "import", row.Reason ?? DefaultReason, settings.Regime);
        return (new StopCommand(
            SubjectReference.By([identifier]), new Scope(purpose, channel), claims, Synthetic: false, context), default);
    }

    /// <summary>Seconds since 1970, or a date and time; without a zone it is UTC, as the exports have it.</summary>
    private bool TryReadTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
            return true;
        DateTimeOffset read;
        if (text.Length <= 11 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds < 253_402_300_800)
            read = DateTimeOffset.FromUnixTimeSeconds(seconds);
        else if (text.Length > 40 || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out read))
            return false;
        time = Milliseconds.Truncate(read);
        return read >= Earliest && read <= clock.GetUtcNow() + AllowedSkew;
    }

    [GeneratedRegex(@"\A[a-z0-9_.]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}

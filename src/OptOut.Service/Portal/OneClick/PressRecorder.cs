using System.Diagnostics;
using Npgsql;
using OptOut.Service.Recording;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Portal.OneClick;

/// <summary>
/// Records a press. Whatever goes wrong on our side comes out as one answer, <c>false</c>: the client then tries again,
/// and a repeat is harmless.
/// </summary>
internal sealed partial class PressRecorder(RecordingWriter writer, ILogger<PressRecorder> logger)
{
    /// <summary>True when the stop is on disk.</summary>
    public async Task<bool> RecordAsync(StopTarget target, string method, CancellationToken cancellationToken)
    {
        var claims = new ActClaims(null, "subject", null, "portal", method, "user_request", null);
        var command = new StopCommand(SubjectReference.ById(target.SubjectId), target.Scope, claims, Synthetic: false,
            new RecordingContext(PortalActor.Name, Activity.Current?.Id));
        try
        {
            var outcome = await writer.SubmitOneAsync(command, cancellationToken);
            if (outcome is RefusedOutcome refused)
                LogRefused(refused.Refusal);
            return outcome is RecordedOutcome;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
            return false;
        }
    }

    [LoggerMessage(801, LogLevel.Error,
        "A genuine link could not be honoured: {Refusal}. Was an older database restored?")]
    private partial void LogRefused(RecordingRefusal refusal);

    [LoggerMessage(802, LogLevel.Error, "A press could not be recorded: {ErrorType} {SqlState}")]
    private partial void LogFailed(string errorType, string? sqlState);
}

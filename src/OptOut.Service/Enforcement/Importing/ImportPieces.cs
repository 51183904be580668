using System.Globalization;
using System.Security.Cryptography;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>Works one piece of a file: through the writer of ordinary stops, or only as a trial.</summary>
internal sealed class ImportPieces(
    ImportRules rules, RecordingWriter writer, SuppressionQueries suppressions, IdentifierHasher hasher,
    PurposeDirectory purposes, TimeProvider clock)
{
    private static readonly TimeSpan WhenFull = TimeSpan.FromMilliseconds(100);

    /// <summary>Records what the rows say; a piece that was recorded before is answered from its stored answer.</summary>
    public async Task<List<RowResult>> RecordAsync(
        ImportJob job, int chunk, byte[] sealedRows, List<ImportRow> rows, CancellationToken cancellationToken)
    {
        var (results, commands, places) = await ReadAsync(job, rows, cancellationToken);
        if (commands.Count == 0)
            return results;
        var claim = new IdempotencyClaim("import", job.Id.ToString("N"),
            chunk.ToString(CultureInfo.InvariantCulture), SHA256.HashData(sealedRows));
        while (true)
        {
            var work = new RecordingWork(commands, claim, outcomes => new RecordingAnswer(
                StatusCodes.Status200OK, RowResult.ToBytes([.. outcomes.Select(ResultOf)])));
            var answer = await writer.SubmitAsync(work, cancellationToken) switch
            {
                { Result: WorkResult.Done done } => done.Answer,
                { Result: WorkResult.Replayed replayed } => replayed.Answer,
                _ => null,
            };
            if (answer is not null)
            {
                for (var i = 0; i < places.Count; i++)
                    results[places[i]] = RowResult.Read(answer.Body.AsSpan(i * RowResult.Bytes));
                return results;
            }

            // Stops of today go first.
            await Task.Delay(WhenFull, clock, cancellationToken);
        }
    }

    private static RowResult ResultOf(RecordingOutcome outcome) => outcome switch
    {
        RecordedOutcome recorded => new RowResult(
            recorded.IsNew ? RowStatus.Created : RowStatus.Repeated, recorded.Record.OptOutId),
        _ => new RowResult(RowStatus.PurposeUnknown, Guid.Empty),
    };

    /// <summary>A dry run: what would come of each row as things stand now.</summary>
    public async Task<List<RowResult>> TryAsync(ImportJob job, List<ImportRow> rows, CancellationToken cancellationToken)
    {
        var (results, commands, places) = await ReadAsync(job, rows, cancellationToken);
        if (commands.Count == 0)
            return results;
        var questions = commands.ConvertAll(command => Question.ByIdentifier(
            [.. hasher.ForMatching(KeyUse.Lookup, command.Subject.Identifiers[0].Type, command.Subject.Identifiers[0].Value)
                .Select(hash => hash.Value)],
            command.Scope, isTransactional: false));
        var standing = await suppressions.StandingAsync(questions, cancellationToken);
        for (var i = 0; i < places.Count; i++)
        {
            var stands = standing.ByQuestion[i]?.Find(stop => stop.Scope == commands[i].Scope);
            results[places[i]] = stands is null
                ? new RowResult(RowStatus.WouldCreate, Guid.Empty)
                : new RowResult(RowStatus.WouldRepeat, stands.OptOutId);
        }

        return results;
    }

    private async Task<(List<RowResult> Results, List<StopCommand> Commands, List<int> Places)> ReadAsync(
        ImportJob job, List<ImportRow> rows, CancellationToken cancellationToken)
    {
        var tree = await purposes.FreshAsync(cancellationToken);
        var context = new RecordingContext(job.RequestedBy, TraceParent: null);
        var results = new List<RowResult>(rows.Count);
        var commands = new List<StopCommand>(rows.Count);
        var places = new List<int>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var (command, fault) = rules.Read(rows[i], job.Settings, tree, context);
            results.Add(new RowResult(fault, Guid.Empty));
            if (command is null)
                continue;
            commands.Add(command);
            places.Add(i);
        }

        return (results, commands, places);
    }
}

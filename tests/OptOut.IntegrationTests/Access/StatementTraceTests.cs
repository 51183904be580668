using System.Diagnostics;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Trace;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.IntegrationTests.Access;

public sealed class StatementTraceTests(Servers servers)
{
    private const string Marked = "marked.person@example.com";

    [Fact]
    public async Task A_statement_is_traced_without_its_text_its_values_or_the_words_of_its_failure()
    {
        var exported = new Kept();
        await using var source = NpgsqlDataSource.Create((await servers.CreateDatabaseAsync()).Service);
        using (TelemetrySetup.Create(t => t.AddProcessor(new SimpleActivityExportProcessor(exported)), _ => { }))
        {
            await using var good = source.CreateCommand($"SELECT $1 || '{Marked}'");
            good.Parameters.Add(new NpgsqlParameter { Value = Marked });
            await good.ExecuteScalarAsync(TestContext.Current.CancellationToken);
            await using var bad = source.CreateCommand($"SELECT '{Marked}'::uuid");
            await Assert.ThrowsAsync<PostgresException>(() => bad.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        }

        Assert.Contains(exported.Spans, s => s.StartsWith("Npgsql", StringComparison.Ordinal));
        Assert.DoesNotContain(exported.Spans, s => s.Contains("marked", StringComparison.OrdinalIgnoreCase));
    }

    private sealed class Kept : BaseExporter<Activity>
    {
        public List<string> Spans { get; } = [];

        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
            {
                lock (Spans) Spans.Add(string.Join(' ', [
                    span.Source.Name, span.DisplayName, span.StatusDescription,
                    .. span.TagObjects.Select(t => $"{t.Key}={t.Value}"),
                    .. span.Events.SelectMany(e => e.Tags).Select(t => $"{t.Key}={t.Value}")]));
            }

            return ExportResult.Success;
        }
    }
}

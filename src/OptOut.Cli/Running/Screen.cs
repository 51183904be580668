using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace OptOut.Cli.Running;

/// <summary>
/// What a command says: its result on standard output, as text or one JSON object; progress on standard error, and only
/// where a person watches.
/// </summary>
internal sealed class Screen(bool json)
{
    private static readonly IAnsiConsole Errors =
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>The result: the lines for people, or the value for programs.</summary>
    public void Result<T>(T value, JsonTypeInfo<T> type, params IEnumerable<string> lines)
    {
        if (json)
        {
            using var bytes = new MemoryStream();
            // Never part of a page: base64 keeps its plus signs.
            using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                JsonSerializer.Serialize(writer, value, type);
            Console.Out.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
            return;
        }

        foreach (var line in lines)
            Console.Out.WriteLine(line);
    }

    /// <summary>Runs work that reports how far it is, under a bar.</summary>
    /// <param name="total">What the reports count up to.</param>
    public static async Task<T> WithProgressAsync<T>(string what, long total, Func<IProgress<long>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
            return await work(new Silent());
        return await Errors.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask(Markup.Escape(what), maxValue: Math.Max(1, total)))));
    }

    private sealed class Silent : IProgress<long>
    {
        public void Report(long value)
        {
            // Nobody watches.
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}

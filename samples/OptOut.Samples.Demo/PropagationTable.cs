using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OptOut.Samples.Demo;

/// <summary>One opt-out's way through the systems, as a table that a terminal redraws and a log file gets when it changes.</summary>
internal sealed class PropagationTable(IReadOnlyList<DemoSystem> systems)
{
    private static readonly string[] Closed = ["applied", "verified", "no_match", "superseded"];
    private static readonly string[] Heads = ["SYSTEM", "TOLD BY", "STATE", "TRIES", "AFTER", "WHAT IT DID"];
    private readonly bool redraws = !Console.IsOutputRedirected;
    private string? shown;
    private int shownLines;

    /// <summary>True once every running system has applied it and the silent one is overdue.</summary>
    public bool Show(JsonNode propagation, DateTimeOffset recordedAt, DateTimeOffset now)
    {
        var rows = (propagation["systems"]?.AsArray() ?? [])
            .Select(entry => Row(entry!, propagation, now - recordedAt))
            .OrderBy(row => systems.TakeWhile(system => system.Name != row.Cells[0]).Count())
            .ToList();
        Draw(rows.ConvertAll(row => row.Cells));
        var applied = rows.Count(row => row.Cells[2] is "applied" or "verified");
        return applied == systems.Count(system => system.Start is not null) && rows.Exists(row => row.Overdue);
    }

    private (string[] Cells, bool Overdue) Row(JsonNode entry, JsonNode propagation, TimeSpan age)
    {
        var name = (string?)entry["system"] ?? "";
        var known = systems.FirstOrDefault(system => system.Name == name);
        var state = (string?)entry["state"] ?? "";
        var overdue = (bool?)entry["overdue"]
            ?? ((bool?)propagation["overdue"] is true && !Closed.Contains(state) &&
                age.TotalSeconds > (known?.ObjectiveSeconds ?? double.MaxValue));
        var actions = entry["acknowledgement"]?["actions"]?.AsArray() ?? [];
        return ([
            name,
            known?.Channel ?? "",
            overdue ? $"{state}, OVERDUE" : state,
            ((int?)entry["attempts"] ?? 0).ToString(CultureInfo.InvariantCulture),
            (double?)entry["lagMs"] is { } lag ? FormattableString.Invariant($"{lag:0} ms") : "",
            string.Join(", ", actions.Select(action => $"{(string?)action!["action"]} {(string?)action["asset"]}")),
        ], overdue);
    }

    private void Draw(List<string[]> rows)
    {
        rows.Insert(0, Heads);
        var widths = Enumerable.Range(0, Heads.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append("  ").AppendLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        if (text.ToString() == shown)
            return;
        if (redraws && shown is not null)
            Console.Write($"\e[{shownLines}A\e[0J");
        else if (shown is not null)
            Console.WriteLine();
        shown = text.ToString();
        shownLines = rows.Count;
        Console.Write(shown);
    }
}

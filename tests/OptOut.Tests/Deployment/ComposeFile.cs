namespace OptOut.Tests.Deployment;

/// <summary>
/// Reads the part of YAML that docker-compose.yml is written in: maps by indentation, lists by dashes or in brackets.
/// What it cannot place it refuses, so that nothing slips past the tests unread.
/// </summary>
internal sealed class ComposeFile
{
    private readonly List<(string Path, string Value)> entries = [];

    private ComposeFile()
    {
    }

    public static ComposeFile Read()
    {
        var file = new ComposeFile();
        var open = new Stack<(int Indent, string Path)>();
        var lines = RepositoryFiles.Lines("docker-compose.yml");
        foreach (var line in lines.Where(line => line.Trim().Length > 0 && !line.TrimStart().StartsWith('#')))
            file.Take(line, open);
        return file;
    }

    /// <summary>Values at the path; a star stands for one name, a list's items share the list's path.</summary>
    public IEnumerable<(string[] Path, string Value)> At(string pattern)
    {
        var wanted = pattern.Split('/');
        return entries
            .Select(entry => (Path: entry.Path.Split('/'), entry.Value))
            .Where(entry => entry.Path.Length == wanted.Length &&
                entry.Path.Zip(wanted).All(pair => pair.Second == "*" || pair.First == pair.Second));
    }

    public IEnumerable<string> Names(string parent) => entries
        .Where(entry => entry.Path.StartsWith(parent + "/", StringComparison.Ordinal))
        .Select(entry => entry.Path[(parent.Length + 1)..].Split('/')[0])
        .Distinct();

    private void Take(string line, Stack<(int Indent, string Path)> open)
    {
        var indent = line.Length - line.TrimStart().Length;
        var text = line.Trim();
        while (open.Count > 0 && open.Peek().Indent >= indent)
            open.Pop();
        var parent = open.Count == 0 ? "" : open.Peek().Path + "/";
        if (text.StartsWith("- ", StringComparison.Ordinal))
        {
            text = text[2..];
            indent += 1;
            if (!IsMember(text))
            {
                entries.Add((parent.TrimEnd('/'), Unquote(text)));
                return;
            }
        }

        if (!IsMember(text))
            throw new InvalidOperationException($"docker-compose.yml has a line that the test cannot read: {text}");
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var path = parent + text[..colon];
        var value = text[(colon + 1)..].Trim();
        if (value.Length == 0)
            open.Push((indent, path));
        else if (value.StartsWith('['))
            entries.AddRange(value.Trim('[', ']').Split(',').Select(item => (path, Unquote(item.Trim()))));
        else
            entries.Add((path, Unquote(value)));
        if (value.Length == 0)
            entries.Add((path, ""));
    }

    private static bool IsMember(string text) =>
        text.EndsWith(':') || (text.Contains(": ", StringComparison.Ordinal) && !text.StartsWith('"'));

    private static string Unquote(string text) => text.Trim('"');
}

using System.Text;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>One CSV record (RFC 4180).</summary>
internal static class CsvRecord
{
    private const int MaxFields = 200;

    /// <summary>True where a quoted field goes on in the next line.</summary>
    public static bool IsOpen(ReadOnlySpan<char> text) => text.Count('"') % 2 == 1;

    /// <summary>The fields; null where quotes stand where none may, or there are too many fields.</summary>
    public static List<string>? Split(string record)
    {
        var text = record.AsSpan().TrimEnd("\r\n");
        var fields = new List<string>();
        for (var at = 0; ;)
        {
            if (fields.Count == MaxFields)
                return null;
            if (at < text.Length && text[at] == '"')
            {
                if (Quoted(text, ref at) is not { } field)
                    return null;
                fields.Add(field);
            }
            else
            {
                var length = text[at..].IndexOf(',') is >= 0 and var comma ? comma : text.Length - at;
                if (text.Slice(at, length).Contains('"'))
                    return null;
                fields.Add(text.Slice(at, length).ToString());
                at += length;
            }

            if (at == text.Length)
                return fields;
            if (text[at++] != ',')
                return null;
        }
    }

    private static string? Quoted(ReadOnlySpan<char> text, ref int at)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
                field.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == '"')
                field.Append(text[at++]);
            else
            {
                at++;
                return field.ToString();
            }
        }

        return null;
    }
}

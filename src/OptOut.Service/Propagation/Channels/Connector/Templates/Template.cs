using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Propagation.Channels.Connector.Templates;

/// <summary>What a rendered value goes into. Each escapes in its own way, so that no value can leave its place.</summary>
internal enum TemplateContext
{
    /// <summary>A segment of a path, or a value of a query.</summary>
    Url,

    /// <summary>A label of a host name: letters, digits and the hyphen, or nothing is rendered.</summary>
    Host,

    /// <summary>A header's value: visible ASCII, or nothing is rendered.</summary>
    Header,

    /// <summary>A string that the JSON writer or the form encoder escapes as a whole.</summary>
    Text,
}

/// <summary>A value cannot stand where the template puts it. Says which field, never what it held.</summary>
internal sealed class TemplateException(string field) : Exception($"The value of {field} cannot stand there.");

/// <summary>Text with fields in double braces, each with filters: <c>{{identifier.value | lower | md5}}</c>.</summary>
internal sealed class Template
{
    private readonly IReadOnlyList<Part> _parts;

    private Template(string text, IReadOnlyList<Part> parts) => (Text, _parts) = (text, parts);

    /// <summary>As the definition has it.</summary>
    public string Text { get; }

    public IEnumerable<string> Fields => _parts.Where(part => part.Field is not null).Select(part => part.Field!);

    public IEnumerable<string> Filters => _parts.SelectMany(part => part.Filters);

    /// <summary>True where nothing but one field stands in it.</summary>
    public bool IsOneField => _parts is [{ Field: not null }];

    public bool IsLiteral => _parts.All(part => part.Field is null);

    /// <summary>The template, or null where its braces do not close or a field has no name.</summary>
    public static Template? TryParse(string text)
    {
        var parts = new List<Part>();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            var literal = open < 0 ? text[at..] : text[at..open];
            if (literal.Contains("}}", StringComparison.Ordinal))
                return null;
            if (literal.Length > 0)
                parts.Add(new Part(literal, null, []));
            if (open < 0)
                break;
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                return null;
            var words = text[(open + 2)..close].Split('|', StringSplitOptions.TrimEntries);
            if (words.Any(word => word.Length == 0))
                return null;
            parts.Add(new Part("", words[0], words[1..]));
            at = close + 2;
        }

        return new Template(text, parts);
    }

    /// <exception cref="TemplateException">A value cannot stand in this context.</exception>
    public string Render(TemplateValues values, TemplateContext context)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
            text.Append(part.Field is null ? part.Literal : Escape(part, Value(part, values), context));
        return text.ToString();
    }

    private static string Value(Part part, TemplateValues values)
    {
        var field = part.Field!;
        var value = field.StartsWith(TemplateFields.SettingPrefix, StringComparison.Ordinal)
            ? values.Settings.GetValueOrDefault(field[TemplateFields.SettingPrefix.Length..], "")
            : field.StartsWith(TemplateFields.SecretPrefix, StringComparison.Ordinal)
                ? values.Secrets.GetValueOrDefault(field[TemplateFields.SecretPrefix.Length..], "")
                : TemplateFields.Of(field, values.Facts ?? throw new TemplateException(field));
        return part.Filters.Aggregate(value, (current, filter) => TemplateFilters.Apply(filter, current));
    }

    private static string Escape(Part part, string value, TemplateContext context) => context switch
    {
        // A segment of dots would walk up the path, and an empty one would change what the path names.
        TemplateContext.Url when value is "" or "." or ".." => throw new TemplateException(part.Field!),
        TemplateContext.Url => Uri.EscapeDataString(value),
        TemplateContext.Host when value.Length is 0 or > 63 || !value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') =>
            throw new TemplateException(part.Field!),
        TemplateContext.Header when value.Any(c => c is < ' ' or > '~') => throw new TemplateException(part.Field!),
        _ => value,
    };

    private sealed record Part(string Literal, string? Field, IReadOnlyList<string> Filters);
}

/// <summary>What a field's value may be put through.</summary>
internal static class TemplateFilters
{
    public const string Number = "number";

    public static readonly IReadOnlyList<string> All = ["lower", "md5", "sha256", Number];

    // MD5 is what some vendors call a person by; it protects nothing here.
#pragma warning disable CA5351
    public static string Apply(string filter, string value) => filter switch
    {
        "lower" => value.ToLowerInvariant(),
        "md5" => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(value))),
        "sha256" => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value))),
        _ => value,
    };
#pragma warning restore CA5351
}

using System.Globalization;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;
using YamlDotNet.RepresentationModel;

namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>Reads the rules by which an answer is understood.</summary>
internal static class OutcomeReader
{
    private const int MaxRules = 32;
    private const int MaxReason = 100;

    public static IReadOnlyList<OutcomeRule<T>> Read<T>(YamlCursor owner, TemplateReader templates)
        where T : struct, Enum
    {
        var rules = new List<OutcomeRule<T>>();
        var items = owner.Items("outcomes", required: true);
        if (items.Count is 0 or > MaxRules)
            owner.Fault("outcomes", "out_of_range", $"1 to {MaxRules} rules.");
        foreach (var (node, path) in items)
        {
            if (node is not YamlMappingNode map)
            {
                owner.Fault(node, path, "not_a_mapping", "A rule is a mapping.");
                continue;
            }

            var rule = new YamlCursor(map, path, owner.Faults);
            var statuses = Statuses(rule);
            var test = Test(rule, templates);
            T meaning = default;
            if (rule.Text("is") is { } word && !WireNames.TryParse(word, out meaning))
                rule.Fault("is", "outcome_unknown", $"One of {string.Join(", ", WireNames.All<T>())}.");
            var reason = rule.Text("reason", required: false);
            if (reason?.Length > MaxReason)
                rule.Fault("reason", "too_long", $"At most {MaxReason} characters.");
            rule.Close();
            rules.Add(new OutcomeRule<T>(statuses, test, meaning, reason));
        }

        return rules;
    }

    private static List<StatusRange> Statuses(YamlCursor rule)
    {
        var found = rule.Find("status");
        YamlNode[] nodes = found is YamlSequenceNode list ? [.. list.Children] : found is null ? [] : [found];
        if (nodes.Length == 0)
            rule.Fault("status", "required", "A rule names the statuses that it is about.");
        var statuses = new List<StatusRange>();
        foreach (var node in nodes)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            if (text is [>= '2' and <= '5', 'x', 'x'])
                statuses.Add(new StatusRange((text[0] - '0') * 100, ((text[0] - '0') * 100) + 99));
            else if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 200 and < 600)
                statuses.Add(new StatusRange(status, status));
            else
                rule.Fault(node, rule.PathOf("status"), "status_invalid", "A status from 200 to 599, or a class such as 2xx.");
        }

        return statuses;
    }

    private static BodyTest? Test(YamlCursor rule, TemplateReader templates)
    {
        var text = rule.Text("path", required: false);
        var (exists, contains) = (rule.Text("exists", required: false), rule.Text("contains", required: false));
        var (equals, anyOf) = (rule.Find("equals"), rule.Items("in", required: false));
        if (text is null)
        {
            if (exists is not null || contains is not null || equals is not null || anyOf.Count > 0)
                rule.Fault(rule.Node, rule.PathOf("path"), "required", "A test of the body says where it looks.");
            return null;
        }

        if (new[] { exists is not null, contains is not null, equals is not null, anyOf.Count > 0 }.Count(given => given) != 1)
            rule.Fault("path", "test_ambiguous", "With a path stands one of exists, contains, equals, in.");
        if (exists is not null and not ("true" or "false"))
            rule.Fault("exists", "not_a_boolean", "true or false.");
        if (JsonPlace.TryParse(text) is not { } place)
        {
            rule.Fault("path", "path_invalid", "Names and indices, as in $.items[0].code.");
            return null;
        }

        Template?[] values = equals is not null ? [templates.ReadCall(rule, equals, rule.PathOf("equals"))]
            : [.. anyOf.Select(item => templates.ReadCall(rule, item.Node, item.Path))];
        return new BodyTest(place, exists is null ? null : exists == "true", [.. values.OfType<Template>()], contains);
    }
}

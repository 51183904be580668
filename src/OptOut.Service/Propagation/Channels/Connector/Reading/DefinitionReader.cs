using System.Text;
using System.Text.RegularExpressions;
using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>Reads a definition and lists everything that is wrong with it, each with its line.</summary>
internal static partial class DefinitionReader
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxAlternatives = 8;
    private const int MaxSettings = 16;

    private static readonly TimeSpan PatternTime = TimeSpan.FromMilliseconds(100);

    public static ReadDefinition Read(string yaml)
    {
        var faults = new List<DefinitionFault>();
        if (Encoding.UTF8.GetByteCount(yaml) > MaxBytes)
            return Failed(new DefinitionFault(1, 1, "", "too_large", $"At most {MaxBytes} bytes."));
        YamlMappingNode root;
        var parser = new Parser(new StringReader(yaml));
        try
        {
            // Anchors are refused before anything follows them: an alias may stand for its own parent.
            if (AnchorOf(parser) is { } mark)
                return Failed(new DefinitionFault(mark.Line, mark.Column, "", "anchor_not_allowed", "Anchors and aliases are not read."));
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is not [{ RootNode: YamlMappingNode map }])
                return Failed(new DefinitionFault(1, 1, "", "not_a_mapping", "One document, and it is a mapping."));
            root = map;
        }
        catch (YamlException exception)
        {
            return Failed(new DefinitionFault(exception.Start.Line, exception.Start.Column, "", "syntax", "This is no YAML."));
        }

        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException)
        {
            // Some broken texts break the parser's own assumptions. They are no YAML either.
            return Failed(new DefinitionFault(
                parser.Current?.End.Line ?? 1, parser.Current?.End.Column ?? 1, "", "syntax", "This is no YAML."));
        }

        var definition = Read(new YamlCursor(root, "", faults));
        return faults.Count > 0 ? new ReadDefinition(null, [.. faults.OrderBy(f => f.Line).ThenBy(f => f.Column)])
            : new ReadDefinition(definition, []);
    }

    private static ReadDefinition Failed(DefinitionFault fault) => new(null, [fault]);

    private static Mark? AnchorOf(Parser parser)
    {
        while (parser.MoveNext())
        {
            if (parser.Current is YamlDotNet.Core.Events.AnchorAlias
                or YamlDotNet.Core.Events.NodeEvent { Anchor.IsEmpty: false })
                return parser.Current.Start;
        }

        return null;
    }

    private static ConnectorDefinition? Read(YamlCursor root)
    {
        var name = root.Text("name");
        if (name is not null && !NameForm().IsMatch(name))
            root.Fault("name", "name_invalid", "1 to 63 of a-z, 0-9 and -.");
        var title = root.Text("title");
        var documentation = root.Text("documentation");
        var settings = Settings(root);
        var secrets = Names(root, "secrets");
        if (secrets.FirstOrDefault(settings.ContainsKey) is not null)
            root.Fault("secrets", "duplicate", "A setting has the same name.");
        var identifiers = Names(root, "identifiers", required: true);
        var lists = Lists(root);
        var templates = new TemplateReader([.. settings.Keys], secrets, lists is not null || root.Has("lists"));
        var endpoint = Endpoint(root, templates);
        var authentication = AuthenticationReader.Read(root.Map("authentication"), templates);
        var rate = Rate(root);
        var action = AppliedAction.Suppressed;
        if (root.Text("action", required: false) is { } word && !WireNames.TryParse(word, out action))
            root.Fault("action", "action_unknown", $"One of {string.Join(", ", WireNames.All<AppliedAction>())}.");
        var stop = Call(root.Map("stop"), templates);
        var lift = Call(root.Map("lift", required: false), templates);
        var readBack = ReadBack(root.Map("readBack", required: false), templates);
        root.Close();
        return root.Faults.Count > 0 ? null : new ConnectorDefinition
        {
            Name = name!, Title = title!, Documentation = documentation!, Endpoint = endpoint!, Identifiers = identifiers,
            Settings = settings, Secrets = secrets, Lists = lists, Authentication = authentication!, Rate = rate!,
            Action = action, Stop = stop!, Lift = lift, ReadBack = readBack,
        };
    }

    private static ConnectorEndpoint? Endpoint(YamlCursor root, TemplateReader templates)
    {
        if (root.Map("endpoint") is not { } map)
            return null;
        var url = templates.ReadFixed(map, "url");
        if (url is not null && !EndpointForm().IsMatch(url.Text))
            map.Fault("url", "endpoint_invalid", "https:// and a host, without a path.");
        var alternatives = new List<string>();
        foreach (var (node, path) in map.Items("alternatives", required: false))
        {
            if (node is YamlScalarNode { Value: { } text } && EndpointForm().IsMatch(text) && !text.Contains('{', StringComparison.Ordinal))
                alternatives.Add(text);
            else
                map.Fault(node, path, "endpoint_invalid", "https:// and a host, without a path.");
        }

        if (alternatives.Count > MaxAlternatives)
            map.Fault("alternatives", "too_many", $"At most {MaxAlternatives}.");
        map.Close();
        return url is null ? null : new ConnectorEndpoint(url, alternatives);
    }

    private static Dictionary<string, SettingRule> Settings(YamlCursor root)
    {
        var rules = new Dictionary<string, SettingRule>(StringComparer.Ordinal);
        if (root.Map("settings", required: false) is not { } map)
            return rules;
        foreach (var key in ((YamlMappingNode)map.Node).Children.Keys.OfType<YamlScalarNode>())
        {
            var name = key.Value ?? "";
            if (!MemberForm().IsMatch(name))
                map.Fault(key, map.PathOf(name), "name_invalid", "Letters and digits, a small letter first.");
            if (map.Map(name) is not { } rule)
                continue;
            var (title, pattern, preset) = (rule.Text("title"), Pattern(rule), rule.Text("default", required: false));
            if (pattern is not null && preset is not null && !pattern.IsMatch(preset))
                rule.Fault("default", "pattern_mismatch", "The default does not fit the pattern.");
            rule.Close();
            if (title is not null && pattern is not null)
                rules[name] = new SettingRule(title, pattern, preset);
        }

        if (rules.Count > MaxSettings)
            root.Fault("settings", "too_many", $"At most {MaxSettings}.");
        map.Close();
        return rules;
    }

    private static ListRule? Lists(YamlCursor root)
    {
        if (root.Map("lists", required: false) is not { } map)
            return null;
        var (title, pattern) = (map.Text("title"), Pattern(map));
        map.Close();
        return title is null || pattern is null ? null : new ListRule(title, pattern);
    }

    private static RatePlan? Rate(YamlCursor root)
    {
        if (root.Map("rate") is not { } map)
            return null;
        var (requests, seconds) = (map.Number("requests", 1, 10_000), map.Number("seconds", 1, 60));
        map.Close();
        return requests is { } r && seconds is { } s ? new RatePlan(r, s) : null;
    }

    private static VendorCall? Call(YamlCursor? map, TemplateReader templates)
    {
        if (map is null)
            return null;
        var request = RequestReader.Read(map.Map("request"), templates);
        var outcomes = OutcomeReader.Read<AcknowledgementOutcome>(map, templates);
        map.Close();
        return request is null ? null : new VendorCall(request, outcomes);
    }

    private static ReadBackCall? ReadBack(YamlCursor? map, TemplateReader templates)
    {
        if (map is null)
            return null;
        var after = map.Number("afterSeconds", 1, 604_800);
        var request = RequestReader.Read(map.Map("request"), templates);
        if (request is not null && request.Method != HttpMethod.Get && request.Method != HttpMethod.Post)
            map.Fault("request", "method_unknown", "A question is GET, or POST where the vendor asks that way.");
        var outcomes = OutcomeReader.Read<ReadBackVerdict>(map, templates);
        map.Close();
        return request is null || after is null ? null : new ReadBackCall(request, outcomes, TimeSpan.FromSeconds(after.Value));
    }

    private static List<string> Names(YamlCursor root, string name, bool required = false)
    {
        var names = new List<string>();
        foreach (var (node, path) in root.Items(name, required))
        {
            if (node is not YamlScalarNode { Value: { } text } || !MemberForm().IsMatch(text))
                root.Fault(node, path, "name_invalid", "Letters, digits and _, a small letter first.");
            else if (names.Contains(text))
                root.Fault(node, path, "duplicate", "It stands twice.");
            else
                names.Add(text);
        }

        if (required && names.Count == 0 && root.Find(name) is YamlSequenceNode)
            root.Fault(name, "required", "At least one is needed.");
        return names;
    }

    private static Regex? Pattern(YamlCursor map)
    {
        if (map.Text("pattern") is not { } text)
            return null;
        try
        {
            return new Regex($@"\A(?:{text})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, PatternTime);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            map.Fault("pattern", "pattern_invalid", "A regular expression without look-around and back-references.");
            return null;
        }
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();

    [GeneratedRegex(@"\A[a-z][A-Za-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex MemberForm();

    [GeneratedRegex(@"\Ahttps://(?:[a-z0-9.-]|\{\{settings\.[A-Za-z0-9_]+\}\})+\z", RegexOptions.CultureInvariant)]
    private static partial Regex EndpointForm();
}

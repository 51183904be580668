using System.Text.RegularExpressions;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;
using YamlDotNet.RepresentationModel;

namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>Reads a request: method, path, headers, body.</summary>
internal static partial class RequestReader
{
    private const int MaxPath = 1024;
    private const int MaxHeaders = 16;
    private const int MaxBodyDepth = 8;

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    // What the client sets itself, or what would let a definition speak past its authentication.
    private static readonly string[] Reserved =
    [
        "host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade", "expect", "trailer",
    ];

    public static VendorRequest? Read(YamlCursor? map, TemplateReader templates)
    {
        if (map is null)
            return null;
        var before = map.Faults.Count;
        var method = map.Text("method");
        if (method is not null && !Methods.Contains(method))
            map.Fault("method", "method_unknown", $"One of {string.Join(", ", Methods)}.");
        var path = Path(map, templates);
        var headers = Headers(map, templates);
        var body = Body(map, templates);
        map.Close();
        return map.Faults.Count == before ? new VendorRequest(new HttpMethod(method!), path!, headers, body) : null;
    }

    private static Template? Path(YamlCursor map, TemplateReader templates)
    {
        if (map.Text("path") is not { } text || templates.ReadCall(map, map.Find("path")!, map.PathOf("path")) is not { } path)
            return null;
        if (text.Length > MaxPath || !PathForm().IsMatch(text) || text.Contains("//", StringComparison.Ordinal) || text.Contains("/.", StringComparison.Ordinal))
            map.Fault("path", "path_invalid", "A path begins with one slash and has no empty and no dotted segment, no # and no space.");
        if (SecretQuery().IsMatch(text))
            map.Fault("path", "secret_in_clear", "A key in a query ends up in logs. Use authentication.");
        return path;
    }

    private static List<(string, Template)> Headers(YamlCursor map, TemplateReader templates)
    {
        var read = new List<(string, Template)>();
        if (map.Map("headers", required: false) is not { } headers)
            return read;
        foreach (var key in ((YamlMappingNode)headers.Node).Children.Keys.OfType<YamlScalarNode>())
        {
            var name = key.Value ?? "";
            var value = templates.ReadCall(headers, headers.Find(name)!, headers.PathOf(name));
            if (!HeaderName().IsMatch(name) || Reserved.Contains(name.ToLowerInvariant()))
                headers.Fault(key, headers.PathOf(name), "header_name_invalid", "Not a header that a definition may set.");
            else if (SecretHeader().IsMatch(name))
                headers.Fault(key, headers.PathOf(name), "secret_in_clear",
                    "What such a header holds is a secret: use authentication of type header.");
            else if (value is not null)
                read.Add((name, value));
        }

        if (read.Count > MaxHeaders)
            map.Fault("headers", "too_many", $"At most {MaxHeaders}.");
        headers.Close();
        return read;
    }

    private static VendorBody? Body(YamlCursor map, TemplateReader templates)
    {
        var (json, form) = (map.Find("json"), map.Find("form"));
        if (json is not null && form is not null)
            map.Fault("form", "body_ambiguous", "A body is json or form.");
        if (form is not null and not YamlMappingNode)
            map.Fault("form", "not_a_mapping", "A form is names with values.");
        if (json is not null and not (YamlMappingNode or YamlSequenceNode))
            map.Fault("json", "not_a_mapping", "A body is a mapping or a list.");
        return json is not null ? new VendorBody(IsForm: false, Node(map, json, map.PathOf("json"), templates, 0)!)
            : form is not null ? new VendorBody(IsForm: true, Node(map, form, map.PathOf("form"), templates, 0)!)
            : null;
    }

    private static BodyNode? Node(YamlCursor owner, YamlNode node, string path, TemplateReader templates, int depth)
    {
        if (depth > MaxBodyDepth)
        {
            owner.Fault(node, path, "too_deep", $"At most {MaxBodyDepth} levels.");
            return null;
        }

        switch (node)
        {
            case YamlMappingNode map:
                return new BodyNode.Map([.. map.Children.Select(pair => (
                    (pair.Key as YamlScalarNode)?.Value ?? "",
                    Node(owner, pair.Value, $"{path}.{(pair.Key as YamlScalarNode)?.Value}", templates, depth + 1)!))]);
            case YamlSequenceNode list:
                return new BodyNode.List([.. list.Children.Select(
                    (item, index) => Node(owner, item, $"{path}[{index}]", templates, depth + 1)!)]);
            case YamlScalarNode scalar when !YamlCursor.IsQuoted(scalar) && Constant().IsMatch(scalar.Value ?? ""):
                return new BodyNode.Constant(scalar.Value!);
            default:
                return templates.ReadCall(owner, node, path) is { } template ? new BodyNode.Text(template) : null;
        }
    }

    [GeneratedRegex(@"\A/(?:[^\s#\\{}]|\{\{[^{}]*\}\})*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PathForm();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();

    [GeneratedRegex(@"authorization|cookie|token|secret|password|api-?key|credential|signature",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SecretHeader();

    [GeneratedRegex(@"[?&][^=&]*(token|secret|password|api_?key|signature)[^=&]*=",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SecretQuery();

    [GeneratedRegex(@"\A(true|false|null|-?(0|[1-9][0-9]{0,14}))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Constant();
}

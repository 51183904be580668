using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector.Calling;

/// <summary>A request ready to be signed and sent; its body is at hand, since signatures are about its bytes.</summary>
internal sealed record ComposedRequest(HttpMethod Method, Uri Url, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, string? ContentType)
{
    /// <summary>A new message each time: one that was sent cannot be sent again.</summary>
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Url);
        foreach (var (name, value) in Headers)
            message.Headers.TryAddWithoutValidation(name, value);
        if (ContentType is not null)
        {
            message.Content = new ByteArrayContent(Body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
        }

        return message;
    }

    public override string ToString() => Method.Method;
}

/// <summary>Fills a request's templates, each value escaped for the place where it stands.</summary>
internal static class RequestComposer
{
    private const string UserAgent = "OptOut/1";

    // Vendors compare addresses byte for byte: what JSON need not escape is left as it is.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="TemplateException">A value cannot stand where the definition puts it.</exception>
    public static ComposedRequest Compose(VendorRequest request, Uri endpoint, TemplateValues values)
    {
        var path = request.Path.Render(values, TemplateContext.Url);
        var url = new Uri(endpoint.GetLeftPart(UriPartial.Authority) + path);
        // What was rendered is the path and the query of this very host, or it is not called.
        if (url.GetLeftPart(UriPartial.Authority) != endpoint.GetLeftPart(UriPartial.Authority) || url.Fragment.Length > 0)
            throw new TemplateException("path");
        List<(string, string)> headers = [("User-Agent", UserAgent), ("Accept", "application/json")];
        foreach (var (name, value) in request.Headers)
            headers.Add((name, value.Render(values, TemplateContext.Header)));
        return request.Body is not { } body ? new ComposedRequest(request.Method, url, headers, [], null)
            : body.IsForm
                ? new ComposedRequest(request.Method, url, headers, Form((BodyNode.Map)body.Root, values), "application/x-www-form-urlencoded")
                : new ComposedRequest(request.Method, url, headers, ToJson(body.Root, values), "application/json");
    }

    private static byte[] Form(BodyNode.Map form, TemplateValues values) =>
        Encoding.UTF8.GetBytes(string.Join('&', form.Members.SelectMany(member => FormValues(member.Value, values)
            .Select(value => $"{Uri.EscapeDataString(member.Name)}={Uri.EscapeDataString(value)}"))));

    /// <summary>A list repeats its name; a mapping is sent as the JSON that it is.</summary>
    private static IEnumerable<string> FormValues(BodyNode node, TemplateValues values) => node switch
    {
        BodyNode.List list => list.Items.SelectMany(item => FormValues(item, values)),
        BodyNode.Map => [Encoding.UTF8.GetString(ToJson(node, values))],
        BodyNode.Constant constant => [constant.Json],
        BodyNode.Text text => [text.Template.Render(values, TemplateContext.Text)],
        _ => [],
    };

    private static byte[] ToJson(BodyNode node, TemplateValues values)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Json))
            Write(writer, node, values);
        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, BodyNode node, TemplateValues values)
    {
        switch (node)
        {
            case BodyNode.Map map:
                writer.WriteStartObject();
                foreach (var (name, value) in map.Members)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value, values);
                }

                writer.WriteEndObject();
                break;
            case BodyNode.List list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(writer, item, values);
                writer.WriteEndArray();
                break;
            case BodyNode.Constant constant:
                writer.WriteRawValue(constant.Json);
                break;
            case BodyNode.Text text:
                WriteText(writer, text.Template, values);
                break;
            default:
                throw new InvalidOperationException($"No form for {node.GetType().Name}.");
        }
    }

    private static void WriteText(Utf8JsonWriter writer, Template template, TemplateValues values)
    {
        var value = template.Render(values, TemplateContext.Text);
        if (!template.IsOneField || !template.Filters.Contains(TemplateFilters.Number))
            writer.WriteStringValue(value);
        else if (long.TryParse(value, System.Globalization.NumberStyles.AllowLeadingSign, null, out var number))
            writer.WriteNumberValue(number);
        else
            throw new TemplateException(template.Fields.First());
    }
}

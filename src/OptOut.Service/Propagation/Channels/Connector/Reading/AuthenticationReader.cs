using System.Text.RegularExpressions;
using OptOut.Service.Propagation.Channels.Connector.Authentication;

namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>Reads the part of a definition that says how the vendor knows us.</summary>
internal static partial class AuthenticationReader
{
    public static VendorAuthentication? Read(YamlCursor? map, TemplateReader templates)
    {
        if (map is null)
            return null;
        var before = map.Faults.Count;
        var type = map.Text("type");
        VendorAuthentication? read = type switch
        {
            "none" => new VendorAuthentication.Nothing(),
            "bearer" => new VendorAuthentication.Bearer(templates.ReadSecret(map, "token")!),
            "basic" => Basic(map, templates),
            "header" => Header(map, templates),
            "oauth2" => OAuth2(map, templates),
            "aws_sigv4" => new VendorAuthentication.Aws(
                templates.ReadSecret(map, "accessKey")!, templates.ReadSecret(map, "secretKey")!,
                templates.ReadSecret(map, "sessionToken", required: false),
                templates.ReadFixed(map, "region")!, templates.ReadFixed(map, "service")!),
            _ => null,
        };
        if (type is not null && read is null && map.Faults.Count == before)
            map.Fault("type", "authentication_unknown", "One of none, bearer, basic, header, oauth2, aws_sigv4.");
        else
            map.Close();
        return map.Faults.Count == before ? read : null;
    }

    private static VendorAuthentication.Basic Basic(YamlCursor map, TemplateReader templates)
    {
        var password = templates.ReadSecret(map, "password")!;
        // Some vendors take the key as the user, or any user at all.
        var user = map.Text("user") is { } text && text.Contains("{{secrets.", StringComparison.Ordinal)
            ? templates.ReadSecret(map, "user")!
            : templates.ReadFixed(map, "user")!;
        return new VendorAuthentication.Basic(user, password);
    }

    private static VendorAuthentication.Header Header(YamlCursor map, TemplateReader templates)
    {
        var name = map.Text("name");
        if (name is not null && !HeaderName().IsMatch(name))
            map.Fault("name", "header_name_invalid", "A header's name is letters, digits and hyphens.");
        return new VendorAuthentication.Header(name ?? "", templates.ReadSecret(map, "value")!);
    }

    private static VendorAuthentication.OAuth2 OAuth2(YamlCursor map, TemplateReader templates)
    {
        var style = map.Text("credentials", required: false) ?? "basic";
        if (style is not ("basic" or "body"))
            map.Fault("credentials", "credentials_unknown", "basic or body.");
        var id = map.Text("clientId") is { } text && text.Contains("{{secrets.", StringComparison.Ordinal)
            ? templates.ReadSecret(map, "clientId")!
            : templates.ReadFixed(map, "clientId")!;
        return new VendorAuthentication.OAuth2(templates.ReadFixed(map, "tokenUrl")!, id,
            templates.ReadSecret(map, "clientSecret")!, templates.ReadFixed(map, "scope", required: false),
            templates.ReadFixed(map, "audience", required: false), style == "body");
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();
}

using System.Net;

namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>
/// Which URLs and addresses a webhook may go to. The URL is checked at registration and before each call, every
/// address that its name resolves to at each connection.
/// </summary>
/// <param name="allowPrivateTargets">
/// `OptOut:AllowPrivateTargets`, default false: also plain HTTP, any port, loopback and private addresses.
/// Link-local and metadata addresses stay refused.
/// </param>
internal sealed class TargetPolicy(bool allowPrivateTargets)
{
    public const string NotAbsolute = "target.url_invalid";
    public const string SchemeForbidden = "target.scheme_forbidden";
    public const string UserInfoForbidden = "target.userinfo_forbidden";
    public const string PortForbidden = "target.port_forbidden";
    public const string HostForbidden = "target.host_forbidden";
    public const string AddressForbidden = "target.address_forbidden";

    /// <summary>The longest URL, in characters.</summary>
    public const int MaxUrlLength = 2048;

    private const int HttpsPort = 443;

    /// <summary>The code of the refusal, or null. A name is not resolved here.</summary>
    public string? CheckUrl(Uri url)
    {
        if (!url.IsAbsoluteUri || url.OriginalString.Length > MaxUrlLength || url.Host.Length == 0)
        {
            return NotAbsolute;
        }

        if (url.Scheme != Uri.UriSchemeHttps && !(allowPrivateTargets && url.Scheme == Uri.UriSchemeHttp))
        {
            return SchemeForbidden;
        }

        if (url.UserInfo.Length > 0)
        {
            return UserInfoForbidden;
        }

        if (url.Port != HttpsPort && !allowPrivateTargets)
        {
            return PortForbidden;
        }

        // Decimal, octal, hex and short spellings become dotted quads, full-width digits plain ones.
        var host = url.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host, out var address))
        {
            return Allows(address) ? null : AddressForbidden;
        }

        return allowPrivateTargets || !IsLocalName(host) ? null : HostForbidden;
    }

    /// <summary>Whether a connection to this address may be made.</summary>
    public bool Allows(IPAddress address) => AddressRanges.Classify(address) switch
    {
        AddressClass.Public => true,
        AddressClass.Private => allowPrivateTargets,
        _ => false,
    };

    // Names that mean this machine, whatever a resolver says.
    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || host.Equals("localhost.localdomain", StringComparison.OrdinalIgnoreCase);
}

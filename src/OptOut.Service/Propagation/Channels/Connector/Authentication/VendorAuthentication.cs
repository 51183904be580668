using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector.Authentication;

/// <summary>How a vendor knows us: a closed set. Every secret in it is a reference.</summary>
internal abstract record VendorAuthentication
{
    internal sealed record Nothing : VendorAuthentication;

    internal sealed record Bearer(Template Token) : VendorAuthentication;

    internal sealed record Basic(Template User, Template Password) : VendorAuthentication;

    internal sealed record Header(string Name, Template Value) : VendorAuthentication;

    /// <summary>Client credentials of RFC 6749, section 4.4.</summary>
    /// <param name="TokenUrl">A whole URL, or a path at the endpoint.</param>
    /// <param name="InBody">The credentials stand in the form, not in a Basic header.</param>
    internal sealed record OAuth2(
        Template TokenUrl, Template ClientId, Template ClientSecret, Template? Scope, Template? Audience, bool InBody)
        : VendorAuthentication;

    /// <summary>AWS Signature Version 4.</summary>
    internal sealed record Aws(
        Template AccessKey, Template SecretKey, Template? SessionToken, Template Region, Template Service)
        : VendorAuthentication;
}

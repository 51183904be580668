using System.Net;
using System.Net.Sockets;

namespace OptOut.Service.Propagation.Channels.Webhook;

internal enum AddressClass
{
    /// <summary>Reachable by anyone on the internet.</summary>
    Public,

    /// <summary>Loopback, private, shared or unique local: this machine or the networks behind it.</summary>
    Private,

    /// <summary>
    /// Never a receiver: link-local, metadata, multicast, unspecified, documentation, tunnels, reserved.
    /// </summary>
    Forbidden,
}

/// <summary>
/// The special-purpose address registries of IANA (RFC 6890) as far as they matter to an outgoing call.
/// </summary>
internal static class AddressRanges
{
    // Metadata and control services of clouds, some of them inside private or even public ranges.
    private static readonly IPAddress[] Metadata =
    [
        IPAddress.Parse("100.100.100.200"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("fd00:ec2::254"),
        IPAddress.Parse("fd20:ce::254"),
    ];

    private static readonly IPNetwork[] PrivateRanges =
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("fc00::/7"),
    ];

    private static readonly IPNetwork[] ForbiddenRanges =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/4"),
        IPNetwork.Parse("240.0.0.0/4"),
        // Protocol assignments with Teredo, documentation, 6to4: inside 2000::/3 but no receiver.
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2002::/16"),
        IPNetwork.Parse("3fff::/20"),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static AddressClass Classify(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Classify(address.MapToIPv4());
        }

        if (Translated.Contains(address))
        {
            return Classify(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        }

        // An address with a zone belongs to one link.
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0)
        {
            return AddressClass.Forbidden;
        }

        if (Array.IndexOf(Metadata, address) >= 0 || Holds(ForbiddenRanges, address))
        {
            return AddressClass.Forbidden;
        }

        if (Holds(PrivateRanges, address))
        {
            return AddressClass.Private;
        }

        // IPv6 outside global unicast is link-local, multicast, IPv4-compatible or not assigned.
        return address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address)
            ? AddressClass.Public
            : AddressClass.Forbidden;
    }

    private static bool Holds(IPNetwork[] ranges, IPAddress address) =>
        Array.Exists(ranges, range => range.Contains(address));
}

using System.Net;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Tests.Propagation;

public sealed class TargetPolicyTests
{
    private static readonly TargetPolicy Strict = new(allowPrivateTargets: false);
    private static readonly TargetPolicy Lenient = new(allowPrivateTargets: true);

    [Theory]
    [InlineData("https://hooks.example.com/optout", null)]
    [InlineData("https://hooks.example.com:443/optout?x=1", null)]
    [InlineData("https://93.184.215.14/", null)]
    [InlineData("https://[2606:4700::1111]/", null)]
    [InlineData("http://hooks.example.com/", TargetPolicy.SchemeForbidden)]
    [InlineData("ftp://hooks.example.com/", TargetPolicy.SchemeForbidden)]
    [InlineData("gopher://hooks.example.com/", TargetPolicy.SchemeForbidden)]
    [InlineData("file:///etc/passwd", TargetPolicy.NotAbsolute)]
    [InlineData("/relative", TargetPolicy.NotAbsolute)]
    [InlineData("https://user:secret@hooks.example.com/", TargetPolicy.UserInfoForbidden)]
    [InlineData("https://hooks.example.com@169.254.169.254/", TargetPolicy.UserInfoForbidden)]
    [InlineData("https://hooks.example.com:8443/", TargetPolicy.PortForbidden)]
    [InlineData("https://hooks.example.com:22/", TargetPolicy.PortForbidden)]
    [InlineData("https://localhost/", TargetPolicy.HostForbidden)]
    [InlineData("https://LOCALHOST./", TargetPolicy.HostForbidden)]
    [InlineData("https://x.localhost/", TargetPolicy.HostForbidden)]
    [InlineData("https://127.0.0.1/", TargetPolicy.AddressForbidden)]
    [InlineData("https://2130706433/", TargetPolicy.AddressForbidden)]
    [InlineData("https://0x7f000001/", TargetPolicy.AddressForbidden)]
    [InlineData("https://0x7f.0.0.1/", TargetPolicy.AddressForbidden)]
    [InlineData("https://0177.0.0.1/", TargetPolicy.AddressForbidden)]
    [InlineData("https://017700000001/", TargetPolicy.AddressForbidden)]
    [InlineData("https://127.1/", TargetPolicy.AddressForbidden)]
    [InlineData("https://127.0.0.1./", TargetPolicy.AddressForbidden)]
    [InlineData("https://0/", TargetPolicy.AddressForbidden)]
    [InlineData("https://[::1]/", TargetPolicy.AddressForbidden)]
    [InlineData("https://[::ffff:127.0.0.1]/", TargetPolicy.AddressForbidden)]
    [InlineData("https://[::ffff:a9fe:a9fe]/", TargetPolicy.AddressForbidden)]
    [InlineData("https://１２７.０.０.１/", TargetPolicy.AddressForbidden)]
    public void A_url_is_refused_with_its_reason(string url, string? code) =>
        Assert.Equal(code, Strict.CheckUrl(new Uri(url, UriKind.RelativeOrAbsolute)));

    [Theory]
    [InlineData("http://localhost:5000/hook", null)]
    [InlineData("http://127.0.0.1:5000/hook", null)]
    [InlineData("https://10.1.2.3:8443/hook", null)]
    [InlineData("http://[::1]:5000/hook", null)]
    [InlineData("ftp://localhost/", TargetPolicy.SchemeForbidden)]
    [InlineData("http://user@localhost/", TargetPolicy.UserInfoForbidden)]
    [InlineData("http://169.254.169.254/latest/meta-data", TargetPolicy.AddressForbidden)]
    [InlineData("http://[fd00:ec2::254]/latest/meta-data", TargetPolicy.AddressForbidden)]
    [InlineData("http://0.0.0.0:5000/", TargetPolicy.AddressForbidden)]
    public void Allowing_private_targets_opens_no_way_to_metadata(string url, string? code) =>
        Assert.Equal(code, Lenient.CheckUrl(new Uri(url)));

    [Fact]
    public void A_url_is_at_most_2048_characters() => Assert.Equal(
        TargetPolicy.NotAbsolute, Strict.CheckUrl(new Uri("https://hooks.example.com/" + new string('a', 2048))));

    [Theory]
    // Anyone on the internet.
    [InlineData("8.8.8.8", true, true)]
    [InlineData("172.15.255.255", true, true)]
    [InlineData("172.32.0.0", true, true)]
    [InlineData("100.63.255.255", true, true)]
    [InlineData("100.128.0.0", true, true)]
    [InlineData("2a00:1450:4001:80f::200e", true, true)]
    [InlineData("::ffff:8.8.8.8", true, true)]
    [InlineData("64:ff9b::808:808", true, true)]
    // This machine and the networks behind it.
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.255.255.254", false, true)]
    [InlineData("10.0.0.1", false, true)]
    [InlineData("172.16.0.1", false, true)]
    [InlineData("172.31.255.255", false, true)]
    [InlineData("192.168.1.1", false, true)]
    [InlineData("100.64.0.1", false, true)]
    [InlineData("::1", false, true)]
    [InlineData("fc00::1", false, true)]
    [InlineData("fdff::1", false, true)]
    [InlineData("::ffff:10.0.0.1", false, true)]
    [InlineData("64:ff9b::a00:1", false, true)]
    // Nobody's receiver.
    [InlineData("0.0.0.0", false, false)]
    [InlineData("0.1.2.3", false, false)]
    [InlineData("169.254.169.254", false, false)]
    [InlineData("169.254.0.1", false, false)]
    [InlineData("168.63.129.16", false, false)]
    [InlineData("100.100.100.200", false, false)]
    [InlineData("192.0.0.192", false, false)]
    [InlineData("192.0.2.1", false, false)]
    [InlineData("198.18.0.1", false, false)]
    [InlineData("198.19.255.255", false, false)]
    [InlineData("198.51.100.1", false, false)]
    [InlineData("203.0.113.1", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("239.255.255.255", false, false)]
    [InlineData("240.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("::", false, false)]
    [InlineData("::127.0.0.1", false, false)]
    [InlineData("::8.8.8.8", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("fe80::1%2", false, false)]
    [InlineData("fec0::1", false, false)]
    [InlineData("ff02::1", false, false)]
    [InlineData("fd00:ec2::254", false, false)]
    [InlineData("2001:db8::1", false, false)]
    [InlineData("2001::1", false, false)]
    [InlineData("2002:7f00:1::", false, false)]
    [InlineData("3fff::1", false, false)]
    [InlineData("100::1", false, false)]
    [InlineData("64:ff9b::a9fe:a9fe", false, false)]
    [InlineData("64:ff9b:1::1", false, false)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("::ffff:0:7f00:1", false, false)]
    public void An_address_is_allowed_or_not(string address, bool strict, bool lenient)
    {
        Assert.Equal(strict, Strict.Allows(IPAddress.Parse(address)));
        Assert.Equal(lenient, Lenient.Allows(IPAddress.Parse(address)));
    }
}

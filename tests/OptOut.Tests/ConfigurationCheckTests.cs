using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using OptOut.Service;

namespace OptOut.Tests;

public sealed class ConfigurationCheckTests
{
    [Fact]
    public void Every_fault_of_the_configuration_is_told_at_once()
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(
            ("ConnectionStrings:OptOut", "garbage"), ("ConnectionStrings:OptOutKeys", "Port=secret-word"),
            ("RabbitMq:Uri", "http://x"), ("OptOut:PublicBaseUrl", "foo"), ("OptOut:BootstrapAdminKey", "secret-word"),
            ("OptOut:Http:MaxConnections", "abc"), ("Urls", "nonsense"), ("OptOut:Identifiers:DefaultRegion", "XX"),
            ("OptOut:Probes:TimeoutSeconds", "1"), ("OptOut:Recording:WaitingRequests", "0"),
            ("OptOut:Enforcement:Streams", "0"), ("OptOut:Witnesses:0:Url", "x"), ("OptOut:Alerts:Email:To", "nobody")));

        foreach (var setting in (string[])
            [
                "ConnectionStrings__OptOut is", "ConnectionStrings__OptOutKeys", "RabbitMq__Uri", "OptOut__MasterKeyFile",
                "OptOut__BootstrapAdminKey", "OptOut:Http:MaxConnections", "Urls", "DefaultRegion", "TimeoutSeconds",
                "WaitingRequests", "Streams", "OptOut__Witnesses__0", "OptOut__Alerts__Email__To",
            ])
            Assert.Contains(refused.Faults, fault => fault.Contains(setting, StringComparison.Ordinal));
        Assert.DoesNotContain("secret-word", refused.Message, StringComparison.Ordinal);
        Assert.Equal(refused.Faults.Distinct(), refused.Faults);
    }

    [Theory]
    [InlineData("OptOut:PublicBaseUrl", "foo")]
    [InlineData("OptOut:Http:MaxConnections", "0")]
    [InlineData("OptOut:AllowPrivateTargets", "perhaps")]
    [InlineData("Urls", "http://127.0.0.1:0;nonsense")]
    [InlineData("OptOut:Identifiers:Types:loyalty:Pattern", "(")]
    [InlineData("OptOut:MasterKeyFile", "/no/such/file")]
    public void One_fault_alone_stops_the_start(string setting, string value) =>
        Assert.Single(Assert.Throws<ConfigurationException>(() => Read((setting, value), ("OPTOUT_EMBEDDED", "1"))).Faults);

    [Fact]
    public void A_good_configuration_is_read() => Assert.True(Read(
        ("OPTOUT_EMBEDDED", "1"), ("Urls", "http://127.0.0.1:0;https://*:8443"), ("OptOut:Http:MaxConnections", "5"),
        ("OptOut:PublicBaseUrl", "https://optout.example"), ("OptOut:Identifiers:DefaultRegion", "DE")).Embedded);

    private static ServiceSettings Read(params (string Name, string Value)[] settings) => ConfigurationCheck.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => (string?)s.Value)).Build(),
        new HostingEnvironment { EnvironmentName = Environments.Production });
}

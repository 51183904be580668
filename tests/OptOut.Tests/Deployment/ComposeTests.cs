using System.Text.RegularExpressions;

namespace OptOut.Tests.Deployment;

public sealed partial class ComposeTests
{
    private static readonly string[] DocumentedKeys =
    [
        "ConnectionStrings__OptOut", "ConnectionStrings__OptOutOwner", "ConnectionStrings__OptOutKeys",
        "RabbitMq__Uri", "OptOut__BootstrapAdminKey", "OptOut__MasterKeyFile", "OptOut__LedgerKeyFile",
        "OptOut__LedgerDirectory", "OptOut__Origin", "OptOut__PublicBaseUrl", "OptOut__AllowPrivateTargets",
        "OptOut__DataDirectory", "OptOut__Witnesses__0__Url", "OptOut__Witnesses__0__VerifierKey", "Urls",
    ];

    private static readonly ComposeFile Compose = ComposeFile.Read();

    [Fact]
    public void Every_part_of_the_product_is_there()
    {
        Assert.Equal(
            ["postgres", "rabbitmq", "optout", "witness", "crm", "mailer", "mailcatcher"], Compose.Names("services"));
    }

    [Fact]
    public void Every_port_is_published_on_loopback_only()
    {
        var ports = Compose.At("services/*/ports").Select(port => port.Value).ToList();

        Assert.NotEmpty(ports);
        Assert.All(ports, port => Assert.Matches("^127\\.0\\.0\\.1:[0-9]+:[0-9]+$", port));
    }

    [Fact]
    public void Every_setting_of_the_service_is_a_documented_key()
    {
        var settings = Compose.At("services/optout/environment/*").Select(setting => setting.Path[^1])
            .Concat(Compose.At("services/optout/secrets/target").Select(target => target.Value))
            .Where(name => !name.StartsWith('/'))
            .ToList();

        Assert.Contains("ConnectionStrings__OptOut", settings);
        Assert.All(settings, setting => Assert.Contains(setting, DocumentedKeys));
    }

    [Fact]
    public void A_file_that_a_setting_names_is_mounted_or_lies_in_a_volume()
    {
        var mounted = Compose.At("services/optout/secrets/target").Select(target => target.Value)
            .Concat(Compose.At("services/optout/volumes").Select(volume => volume.Value.Split(':').Last()))
            .Where(path => path.StartsWith('/'))
            .ToList();

        var named = Compose.At("services/optout/environment/*").Select(setting => setting.Value)
            .Where(value => value.StartsWith('/'));

        Assert.All(named, path => Assert.Contains(mounted, at => path.StartsWith(at, StringComparison.Ordinal)));
    }

    [Fact]
    public void No_secret_and_no_default_password_stands_in_clear()
    {
        foreach (var file in new[] { "docker-compose.yml", "Dockerfile", "deploy/postgres/roles.sh" })
            Assert.All(RepositoryFiles.Lines(file), line => Assert.DoesNotMatch(ClearSecret(), line));
        foreach (var (path, value) in Compose.At("services/*/environment/*"))
        {
            if (SecretName().IsMatch(path[^1]))
                Assert.StartsWith("/run/", value, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_secret_that_is_asked_for_is_declared_as_a_file()
    {
        var declared = Compose.Names("secrets").ToList();
        var asked = Compose.At("services/*/secrets").Concat(Compose.At("services/*/secrets/source"))
            .Select(secret => secret.Value)
            .Where(name => name.Length > 0)
            .Distinct();

        Assert.Equal(declared.Order(), asked.Order());
        Assert.All(
            declared,
            name => Assert.StartsWith(
                "./deploy/secrets/", Compose.At($"secrets/{name}/file").Single().Value, StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_says_whether_it_is_healthy_and_names_its_version()
    {
        foreach (var service in Compose.Names("services"))
        {
            var image = Compose.At($"services/{service}/image").SingleOrDefault().Value;
            var stage = Compose.At($"services/{service}/build/target").SingleOrDefault().Value;
            Assert.True(image is null != stage is null, $"{service} has either an image or a stage of the Dockerfile.");
            if (image is not null)
            {
                Assert.Matches("^[^:]+:[0-9v][^:]*$", image);
                Assert.NotEmpty(Compose.At($"services/{service}/healthcheck/test"));
            }
            else
            {
                Assert.Contains(DockerStage.ReadAll(), found => found.Name == stage && found.HasHealthCheck);
            }
        }
    }

    [GeneratedRegex("whsec_[A-Za-z0-9+/]|oo_[0-9a-f]{16}_|amqps?://[^ ]*:[^ ]*@|Password *= *[A-Za-z0-9]|PASSWORD '[^$]")]
    private static partial Regex ClearSecret();

    [GeneratedRegex("PASSWORD|SECRET|KEY|TOKEN|ConnectionStrings", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}

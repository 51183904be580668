using System.Reflection;
using OptOut.Client;
using OptOut.Client.AspNetCore;
using OptOut.Contracts;
using OptOut.Ledger;
using OptOut.Service;

namespace OptOut.Tests.Conventions;

/// <summary>Who may reference whom, read from what was compiled: an auditor can build the ledger alone.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["OptOut.Cli"] = ["OptOut.Client", "OptOut.Contracts", "OptOut.Ledger"],
        ["OptOut.Contracts"] = [],
        ["OptOut.Ledger"] = [],
        ["OptOut.Service"] = ["OptOut.Contracts", "OptOut.Ledger"],
        ["OptOut.Subscriber"] = ["OptOut.Contracts"],
        ["OptOut.Subscriber.EntityFrameworkCore"] = ["OptOut.Subscriber"],
        ["OptOut.Client"] = ["OptOut.Contracts"],
        ["OptOut.Client.AspNetCore"] = ["OptOut.Client"],
    };

    private static readonly Assembly[] Built =
    [
        typeof(WebhookSecret).Assembly, typeof(MerkleTree).Assembly, typeof(ServiceHost).Assembly,
        Assembly.Load("OptOut.Cli"),
        Assembly.Load("OptOut.Subscriber"), Assembly.Load("OptOut.Subscriber.EntityFrameworkCore"),
        typeof(OptOutClient).Assembly, typeof(NoOptOutRequirement).Assembly,
    ];

    [Fact]
    public void Projects_reference_only_what_they_may() =>
        Assert.Empty(Built.SelectMany(assembly => Violations(assembly.GetName().Name!, assembly)));

    [Fact]
    public void Every_project_of_src_is_looked_at() => Assert.Equal(
        Directory.GetDirectories(Path.Combine(RepositoryText.Root, "src")).Select(Path.GetFileName).Order(StringComparer.Ordinal),
        Built.Select(assembly => assembly.GetName().Name).Order(StringComparer.Ordinal));

    /// <summary>These tests reference the service. Were they the contracts, that would be a violation: so it is found.</summary>
    [Fact]
    public void A_planted_violation_is_found() => Assert.Equal(
        [
            "OptOut.Contracts -> OptOut.Client", "OptOut.Contracts -> OptOut.Client.AspNetCore",
            "OptOut.Contracts -> OptOut.Ledger", "OptOut.Contracts -> OptOut.Service",
            "OptOut.Contracts -> OptOut.Subscriber",
        ],
        Violations("OptOut.Contracts", typeof(ReferenceTests).Assembly).Order(StringComparer.Ordinal));

    [Fact]
    public void The_ledger_needs_nothing_but_the_runtime() => Assert.All(
        typeof(MerkleTree).Assembly.GetReferencedAssemblies(),
        reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));

    /// <summary>Platform has no domain words; the model of EF Core is where the capabilities' tables meet.</summary>
    [Fact]
    public void The_platform_uses_no_capability()
    {
        string[] capabilities = ["Access", "Audit", "Incidents", "Notices", "Portal", "Probes", "Propagation", "Purposes", "Recording", "Subjects", "Systems"];
        var users =
            from file in RepositoryText.Files("src/OptOut.Service/Platform", "*.cs")
            from line in File.ReadLines(file)
            where capabilities.Any(c => line.StartsWith("using OptOut.Service." + c, StringComparison.Ordinal))
            select Path.GetFileName(file);

        Assert.Equal(["OptOutDbContext.cs"], users.Distinct());
    }

    private static IEnumerable<string> Violations(string project, Assembly compiled) =>
        compiled.GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(name => name.StartsWith("OptOut.", StringComparison.Ordinal) && !Allowed[project].Contains(name)
                && name != project)
            .Select(name => $"{project} -> {name}");
}

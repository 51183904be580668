namespace OptOut.Tests.Deployment;

public sealed class DockerfileTests
{
    private static readonly IReadOnlyList<DockerStage> Stages = DockerStage.ReadAll();

    [Fact]
    public void No_container_of_ours_runs_as_root()
    {
        var final = Stages.Where(stage => stage.IsFinal).ToList();

        Assert.Equal(["crm", "mailer", "service", "witness"], final.Select(stage => stage.Name).Order());
        Assert.All(final, stage => Assert.Equal(
            "USER $APP_UID", stage.Instructions.Last(line => line.StartsWith("USER ", StringComparison.Ordinal))));
    }

    [Fact]
    public void The_tools_that_build_are_not_in_what_runs()
    {
        Assert.Contains("/sdk:", Stages.Single(stage => stage.Name == "build").Instructions[0], StringComparison.Ordinal);
        Assert.All(
            Stages.Where(stage => stage.Name != "build"),
            stage => Assert.DoesNotContain("/sdk:", stage.Instructions[0], StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_copied_exists_and_is_let_into_the_build()
    {
        var admitted = RepositoryFiles.Lines(".dockerignore")
            .Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        var sources = Stages.SelectMany(stage => stage.Instructions)
            .Where(line => line.StartsWith("COPY ", StringComparison.Ordinal)
                && !line.Contains("--from=", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1])
            .Where(word => !word.StartsWith("--", StringComparison.Ordinal))
            .Select(word => word.TrimEnd('/'))
            .ToList();

        Assert.Equal(admitted.Order(), sources.Order());
        Assert.All(sources, source => Assert.True(Path.Exists(Path.Combine(RepositoryFiles.Root, source)), source));
    }

    [Fact]
    public void The_build_restores_as_the_lock_files_say() => Assert.Contains(
        Stages.Single(stage => stage.Name == "build").Instructions,
        line => line.StartsWith("ENV CI=true", StringComparison.Ordinal));
}

namespace OptOut.Tests.Deployment;

/// <summary>One stage of the Dockerfile, its instructions in order.</summary>
internal sealed record DockerStage(string Name, IReadOnlyList<string> Instructions)
{
    public bool HasHealthCheck => Instructions.Any(line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));

    /// <summary>A stage that a container is started from.</summary>
    public bool IsFinal => Instructions.Any(line => line.StartsWith("ENTRYPOINT ", StringComparison.Ordinal));

    public static IReadOnlyList<DockerStage> ReadAll()
    {
        var stages = new List<DockerStage>();
        var current = new List<string>();
        foreach (var line in RepositoryFiles.Lines("Dockerfile").Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.StartsWith("FROM ", StringComparison.Ordinal))
                stages.Add(new DockerStage(line.Split(' ')[^1], current = []));
            current.Add(line);
        }

        return stages;
    }
}

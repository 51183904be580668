namespace OptOut.IntegrationTests.Fixtures;

/// <summary>For tests that end servers or measure time: nothing runs beside them.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;

namespace OptOut.Cli.Running;

/// <summary>What the process ends with; documented in docs/cli.md, and never given another meaning.</summary>
internal static class ExitCodes
{
    /// <summary>Done, and what was checked holds.</summary>
    public const int Ok = 0;

    /// <summary>Checked, and it does not hold: forged, changed, missing, contradictory.</summary>
    public const int DoesNotHold = 1;

    /// <summary>The command line cannot be read.</summary>
    public const int Usage = 2;

    /// <summary>It could not be checked or done: unreachable, unreadable, not configured. It says nothing about the evidence.</summary>
    public const int CouldNot = 3;
}

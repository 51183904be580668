namespace OptOut.Service.Audit.Witnessing;

/// <summary>What a witness answered: a closed set.</summary>
internal abstract record WitnessAnswer
{
    /// <summary>The verified signature line, with its newline.</summary>
    internal sealed record Cosigned(string Line) : WitnessAnswer;

    /// <summary>It holds another size than we thought.</summary>
    internal sealed record Holds(long Size) : WitnessAnswer;

    /// <summary>It holds a history that ours does not continue.</summary>
    internal sealed record Differs : WitnessAnswer;

    /// <summary>No answer, or none that can be used: it says nothing about the log.</summary>
    internal sealed record Unusable(string Why) : WitnessAnswer;
}

namespace OptOut.Client;

/// <summary>The answer of a gate. Only <see cref="Allowed"/> lets data be used.</summary>
public enum SuppressionAnswer
{
    /// <summary>
    /// Nothing is known for sure: the gate is not ready or its copy too old, the identifier cannot be read, or the
    /// purpose or channel is not known. Do not use the data. The default, so that a forgotten value suppresses.
    /// </summary>
    Unknown,

    /// <summary>A stop covers the question. Do not use the data.</summary>
    Suppressed,

    /// <summary>No stop covers it, as of no longer ago than the staleness bound.</summary>
    Allowed,
}

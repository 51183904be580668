namespace OptOut.Client;

/// <summary>The question most callers have.</summary>
public static class SuppressionGateExtensions
{
    /// <summary>True only where no stop covers it for sure: unknown means no.</summary>
    public static bool MayUse(this ISuppressionGate gate, string type, string value, string purpose, string channel)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return gate.Check(type, value, purpose, channel) == SuppressionAnswer.Allowed;
    }

    /// <summary>True only where no stop covers it for sure: unknown means no.</summary>
    public static bool MayUse(this ISuppressionGate gate, in GateKey key, string purpose, string channel)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return gate.Check(key, purpose, channel) == SuppressionAnswer.Allowed;
    }
}

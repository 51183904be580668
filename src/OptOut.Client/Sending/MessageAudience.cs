namespace OptOut.Client;

/// <summary>Whom an outgoing message is for, and what for: what a gate is asked.</summary>
/// <param name="Type">The identifier's type, such as <c>email</c>.</param>
/// <param name="Value">The identifier.</param>
/// <param name="Purpose">What the message is for.</param>
/// <param name="Channel">By which channel.</param>
public sealed record MessageAudience(string Type, string Value, string Purpose, string Channel)
{
    /// <summary>What for, not whom for.</summary>
    public override string ToString() => $"{Purpose}/{Channel}";
}

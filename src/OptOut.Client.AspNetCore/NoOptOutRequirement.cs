using Microsoft.AspNetCore.Authorization;

namespace OptOut.Client.AspNetCore;

/// <summary>That no stop of the signed-in person covers this use of their data.</summary>
/// <param name="purpose">What the data is used for.</param>
/// <param name="channel">By which channel.</param>
public sealed class NoOptOutRequirement(string purpose, string channel) : IAuthorizationRequirement
{
    /// <summary>What the data is used for.</summary>
    public string Purpose { get; } = purpose;

    /// <summary>By which channel; <c>any</c> where the use is no message.</summary>
    public string Channel { get; } = channel;

    /// <summary>For the log of a refusal.</summary>
    public override string ToString() => $"No opt-out of {Purpose}/{Channel}";
}

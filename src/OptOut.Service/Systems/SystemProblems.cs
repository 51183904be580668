using OptOut.Service.Platform.Http;

namespace OptOut.Service.Systems;

/// <summary>Why an act on a system is refused.</summary>
internal static class SystemProblems
{
    public static readonly ProblemKind BrokerNotConfigured = new(409, "broker_not_configured",
        "No broker is configured.", "Set RabbitMq__Uri, or register the system with another channel.");

    public static readonly ProblemKind Retired = new(409, "system_retired",
        "The system is retired.", "Its name stays with its evidence. Register a new system under another name.");

    public static readonly ProblemKind NotTestable = new(409, "system_not_testable",
        "No person can be made up for this system.", "Its contract names only types, such as phone, whose every value may be somebody's.");

    public static IReadOnlyList<ProblemKind> All { get; } = [BrokerNotConfigured, Retired, NotTestable];
}

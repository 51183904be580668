namespace OptOut.Contracts;

/// <summary>
/// Names of what stands on RabbitMQ. The service declares all of it; systems declare nothing, so that a message waits
/// even where nobody ever connected.
/// </summary>
public static class BrokerNames
{
    /// <summary>Durable topic exchange of the events; the routing key is the system's name.</summary>
    public const string EventsExchange = "optout.events";

    /// <summary>Durable topic exchange of the acknowledgements; the routing key is the system's name.</summary>
    public const string AcknowledgementsExchange = "optout.acks";

    /// <summary>Quorum queue of the service, bound to the acknowledgements' exchange with <c>#</c>.</summary>
    public const string AcknowledgementsQueue = "optout.acks";

    /// <summary>The header that carries the W3C trace context, in an event and back in its acknowledgement.</summary>
    public const string TraceParentHeader = "traceparent";

    /// <summary>The quorum queue of one system's events.</summary>
    /// <exception cref="ArgumentException">The name is not <c>[a-z0-9-]{1,63}</c>.</exception>
    public static string Queue(string system) => $"optout.{Checked(system)}";

    /// <summary>Where the broker puts what the system rejected or could not read.</summary>
    /// <exception cref="ArgumentException">The name is not <c>[a-z0-9-]{1,63}</c>.</exception>
    public static string DeadLetterQueue(string system) => $"optout.{Checked(system)}.dead";

    /// <summary>Whether a text may be the name of a system: <c>[a-z0-9-]{1,63}</c>.</summary>
    public static bool IsSystemName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > ContractLimits.MaxSystemNameLength) return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') return false;
        }

        return true;
    }

    private static string Checked(string system) =>
        IsSystemName(system) ? system : throw new ArgumentException("Not a system's name.", nameof(system));
}

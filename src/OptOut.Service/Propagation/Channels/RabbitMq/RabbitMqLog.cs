namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>What the broker's side says. Never a body, a URI or an exception's own text.</summary>
internal static partial class RabbitMqLog
{
    [LoggerMessage(3101, LogLevel.Information, "The broker is connected")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(3102, LogLevel.Warning, "The connection to the broker has ended")]
    public static partial void Disconnected(ILogger logger);

    [LoggerMessage(3103, LogLevel.Warning, "The broker cannot be reached ({Error})")]
    public static partial void ConnectFailed(ILogger logger, string error);

    [LoggerMessage(3104, LogLevel.Error, "The broker does not stand as declared: {Kind} at {Name}")]
    public static partial void TopologyFault(ILogger logger, TopologyFaultKind kind, string name);

    [LoggerMessage(3105, LogLevel.Warning, "The systems' names cannot be read ({Error}); known queues are declared")]
    public static partial void NamesUnknown(ILogger logger, string error);

    [LoggerMessage(3106, LogLevel.Warning, "A publishing channel ended with {Unconfirmed} messages unconfirmed")]
    public static partial void PublisherBroken(ILogger logger, int unconfirmed);

    [LoggerMessage(3107, LogLevel.Information, "Acknowledgements are being taken")]
    public static partial void IntakeStarted(ILogger logger);

    [LoggerMessage(3108, LogLevel.Warning, "Taking acknowledgements starts again ({Error})")]
    public static partial void IntakeRestarts(ILogger logger, string error);

    [LoggerMessage(3110, LogLevel.Warning, "Queue {Name} was missing and is made again; what it held goes out again")]
    public static partial void QueueMissing(ILogger logger, string name);

    [LoggerMessage(3111, LogLevel.Error, "Queue {Name} is missing, which could not be written down ({Error})")]
    public static partial void QueueLossUnwritten(ILogger logger, string name, string error);

    [LoggerMessage(3112, LogLevel.Error, "The queue of {System} takes messages and confirms none; made anew: {Remade}")]
    public static partial void QueueSilent(ILogger logger, string system, bool remade);

    [LoggerMessage(3109, LogLevel.Error, "{Count} acknowledgements could not be stored ({Error}), try {Try}")]
    public static partial void SinkFailed(ILogger logger, int count, string error, int @try);
}

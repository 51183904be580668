namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>What the broker says about a system's queue.</summary>
internal abstract record QueueState
{
    private QueueState()
    {
    }

    /// <summary>The broker cannot be asked now. Never the same as an empty queue.</summary>
    internal sealed record Unknown : QueueState;

    /// <summary>There is no such queue.</summary>
    internal sealed record Missing : QueueState;

    /// <summary>The queue is there. Messages that consumers hold unacknowledged are not counted in Ready.</summary>
    internal sealed record Present(uint Ready, uint Consumers) : QueueState;
}

using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

internal enum DeclarationResult
{
    Done,
    NotFound,
    Refused,
    Unavailable,
}

/// <summary>
/// Runs declarations one after another and gathers what the broker refuses. A refusal closes the channel; the next
/// step opens another, so that one wrong queue does not keep the others from being made.
/// </summary>
internal sealed class DeclarationSteps(IConnection connection, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly List<TopologyFault> _faults = [];
    private IChannel? _channel;
    private bool _away;

    public IReadOnlyList<TopologyFault> Faults => _faults;

    public CancellationToken CancellationToken => cancellationToken;

    public async Task<DeclarationResult> RunAsync(TopologyFaultKind conflict, string name, Func<IChannel, Task> step)
    {
        if (_away)
        {
            return DeclarationResult.Unavailable;
        }

        try
        {
            if (_channel is not { IsOpen: true })
            {
                await CloseAsync().ConfigureAwait(false);
                _channel = await connection.CreateChannelAsync(null, cancellationToken).ConfigureAwait(false);
            }

            await step(_channel).ConfigureAwait(false);
            return DeclarationResult.Done;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason is { } reason)
        {
            return reason.ReplyCode switch
            {
                Constants.NotFound => DeclarationResult.NotFound,
                Constants.AccessRefused => Refused(TopologyFaultKind.AccessRefused, name),
                Constants.PreconditionFailed or Constants.ResourceLocked or Constants.NotAllowed =>
                    Refused(conflict, name),
                _ => Away(name),
            };
        }
        catch (Exception exception) when (BrokerTrouble.IsAway(exception, cancellationToken))
        {
            return Away(name);
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <summary>Notes what stands in the way, once.</summary>
    public void Fault(TopologyFaultKind kind, string name)
    {
        var fault = new TopologyFault(kind, name);
        if (!_faults.Contains(fault))
        {
            _faults.Add(fault);
        }
    }

    private DeclarationResult Refused(TopologyFaultKind kind, string name)
    {
        Fault(kind, name);
        return DeclarationResult.Refused;
    }

    private DeclarationResult Away(string name)
    {
        _away = true;
        Fault(TopologyFaultKind.BrokerUnavailable, name);
        return DeclarationResult.Unavailable;
    }

    private async Task CloseAsync()
    {
        if (_channel is { } channel)
        {
            _channel = null;
            await BrokerTrouble.DisposeQuietlyAsync(channel).ConfigureAwait(false);
        }
    }
}

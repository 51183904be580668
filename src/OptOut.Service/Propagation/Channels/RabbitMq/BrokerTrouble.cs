using RabbitMQ.Client.Exceptions;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>Which exceptions of the client mean no more than that the broker cannot be reached.</summary>
internal static class BrokerTrouble
{
    /// <summary>A time-out of the client's own looks like a cancellation that nobody asked for.</summary>
    public static bool IsAway(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        RabbitMQClientException or IOException or TimeoutException => true,
        System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException => true,
        ObjectDisposedException => true,
        AggregateException aggregate => aggregate.InnerExceptions.All(inner => IsAway(inner, cancellationToken)),
        _ => false,
    };

    /// <summary>Closing what the broker has closed already may fail; there is nothing left to do then.</summary>
    public static async Task DisposeQuietlyAsync(IAsyncDisposable disposable)
    {
        try
        {
            await disposable.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsAway(exception, CancellationToken.None))
        {
            // Closed is closed.
            _ = exception;
        }
    }
}

using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>The one connection that publishing and declarations share, as far as there is one now.</summary>
internal sealed class RabbitMqLink
{
    private volatile IConnection? _connection;
    private volatile bool _declared;
    private volatile bool _blocked;

    /// <summary>The open connection, or null. Good for declarations and questions.</summary>
    public IConnection? Connection => _connection is { IsOpen: true } connection ? connection : null;

    /// <summary>The connection once our exchanges stand and while the broker takes messages, else null.</summary>
    public IConnection? Publishing => _declared && !_blocked ? Connection : null;

    public void Open(IConnection connection)
    {
        connection.ConnectionBlockedAsync += (_, _) =>
        {
            _blocked = true;
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) =>
        {
            _blocked = false;
            return Task.CompletedTask;
        };
        _blocked = false;
        _declared = false;
        _connection = connection;
    }

    /// <summary>Says whether events may be published: a wrong exchange could hand them to the wrong systems.</summary>
    public void AllowPublishing(bool allowed) => _declared = allowed;

    public void Close()
    {
        _declared = false;
        _connection = null;
    }
}

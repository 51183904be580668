using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>The one connection that publishing and declarations share, as far as there is one now.</summary>
internal sealed class RabbitMqLink
{
    private volatile IConnection? _connection;
    private volatile bool _declared;
    private volatile bool _publishable;
    private volatile bool _blocked;

    /// <summary>The open connection, or null. Good for declarations and questions.</summary>
    public IConnection? Connection => _connection is { IsOpen: true } connection ? connection : null;

    /// <summary>The connection once our exchanges stand and while the broker takes messages, else null.</summary>
    public IConnection? Publishing => _publishable && !_blocked ? Connection : null;

    /// <summary>Whether the declarations of this connection have been run.</summary>
    public bool IsDeclared => _declared;

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
        _publishable = false;
        _connection = connection;
    }

    /// <summary>Says that the declarations ran and whether events may be published.</summary>
    public void Declared(bool publishable)
    {
        _publishable = publishable;
        _declared = true;
    }

    public void Close()
    {
        _declared = false;
        _publishable = false;
        _connection = null;
    }
}

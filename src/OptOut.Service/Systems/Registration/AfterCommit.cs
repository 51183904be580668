using OptOut.Service.Propagation;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Redrives;
using OptOut.Service.Systems.Backfill;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Registration;

/// <summary>
/// What a committed act sets going at once. Nothing of it is needed for correctness: the broker's supervisor declares
/// every queue on each connection, and the backfill looks by the clock.
/// </summary>
internal sealed partial class AfterCommit(
    IServiceProvider services,
    SystemDirectory systems,
    BackfillSignal backfill,
    RedriveSignal redrives,
    DispatchSignal dispatch,
    TimeProvider clock,
    ILogger<AfterCommit> logger)
{
    // A caller may wait this long for its queue to stand; later it is declared without it.
    private static readonly TimeSpan DeclarationPatience = TimeSpan.FromSeconds(2);

    // Absent where no broker is configured.
    private readonly RabbitMqTopology? _topology = services.GetService<RabbitMqTopology>();

    public bool BrokerIsConfigured => _topology is not null;

    public async Task RegisteredAsync(SystemRow row)
    {
        backfill.Wake();
        redrives.Wake();
        if (_topology is null || SystemDefinition.ReadChannel(row).Type != ChannelTypes.RabbitMq) return;
        try
        {
            await _topology.EnsureSystemAsync(row.Name, CancellationToken.None).WaitAsync(DeclarationPatience, clock);
        }
        catch (Exception exception)
        {
            LogNotDeclared(row.Name, exception.GetType().Name);
        }
    }

    /// <summary>A paused system is sent nothing from now on, and one that is resumed its backlog at once.</summary>
    public async Task SwitchedAsync(string name)
    {
        try
        {
            await systems.FreshAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotRead(name, exception.GetType().Name);
        }

        Due();
    }

    /// <summary>Of a resumption or a replay: what waits goes now, from every replica.</summary>
    public void Due()
    {
        redrives.Wake();
        dispatch.Wake();
    }

    public Task RetiredAsync(SystemRow row)
    {
        _topology?.Forget(row.Name);
        return Task.CompletedTask;
    }

    [LoggerMessage(2401, LogLevel.Warning, "The queue of {System} is not declared yet: {Error}")]
    private partial void LogNotDeclared(string system, string error);

    [LoggerMessage(2403, LogLevel.Warning, "The state of {System} is seen a second later: {Error}")]
    private partial void LogNotRead(string system, string error);
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;
using OptOut.Subscriber.Acknowledging;
using OptOut.Subscriber.Fencing;
using OptOut.Subscriber.Mirroring;
using OptOut.Subscriber.RabbitMq;

namespace OptOut.Subscriber;

/// <summary>What may be chosen for a subscriber.</summary>
public sealed class OptOutSubscriberBuilder
{
    private static readonly TimeSpan HttpTimeout = TimeSpan.FromSeconds(15);

    // An answer holds one short item for each acknowledgement sent, and one is sent at a time.
    private const int MaxAnswerBytes = 64 * 1024;

    internal OptOutSubscriberBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services of the host.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Takes events from the queue <c>optout.{system}</c> and acknowledges to the exchange <c>optout.acks</c>. Declares
    /// nothing; waits where the queue does not exist yet.
    /// </summary>
    public OptOutSubscriberBuilder FromRabbitMq(Action<RabbitMqOptions> configure)
    {
        Services.AddOptions<RabbitMqOptions>().Configure(configure).ValidateOnStart();
        Services.TryAddEnumerable(ServiceDescriptor
            .Singleton<IValidateOptions<RabbitMqOptions>, RabbitMqOptionsValidator>());
        Services.TryAddSingleton<DeliveryReception>();
        Services.AddHostedService<RabbitMqSubscriber>();
        return this;
    }

    /// <summary>Acknowledges by <c>POST /v1/acknowledgements</c> instead of the broker.</summary>
    public OptOutSubscriberBuilder AcknowledgeOverHttp(Action<HttpAcknowledgementOptions> configure)
    {
        Services.AddOptions<HttpAcknowledgementOptions>().Configure(configure).ValidateOnStart();
        Services.TryAddEnumerable(ServiceDescriptor
            .Singleton<IValidateOptions<HttpAcknowledgementOptions>, HttpAcknowledgementOptionsValidator>());
        Services.AddHttpClient(HttpAcknowledgements.ClientName, client =>
            {
                client.Timeout = HttpTimeout;
                client.MaxResponseContentBufferSize = MaxAnswerBytes;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // A redirect could carry the key to somebody else.
                AllowAutoRedirect = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });
        Services.TryAddSingleton<HttpAcknowledgements>();
        return this;
    }

    /// <summary>Remembers applied versions in PostgreSQL, in a table that is made where it is missing.</summary>
    public OptOutSubscriberBuilder FenceInPostgres(string connectionString) =>
        FenceInPostgres(NpgsqlDataSource.Create(connectionString));

    /// <summary>Remembers applied versions in PostgreSQL, through a data source of the application's own.</summary>
    public OptOutSubscriberBuilder FenceInPostgres(NpgsqlDataSource database) =>
        FenceWith(_ => new PostgresVersionFence(database));

    /// <summary>
    /// Also keeps standing stops in a table of the application's own database, with the view <c>optout_stopped</c>, before
    /// the handler is called.
    /// </summary>
    public OptOutSubscriberBuilder MirrorInPostgres(NpgsqlDataSource database)
    {
        Services.TryAddSingleton(new PostgresMirror(database));
        return this;
    }

    /// <summary>Remembers applied versions until the process ends: for samples and tests.</summary>
    public OptOutSubscriberBuilder FenceInMemory() => FenceWith(_ => new InMemoryVersionFence());

    /// <summary>Remembers applied versions in a store of the application's own.</summary>
    public OptOutSubscriberBuilder FenceWith(Func<IServiceProvider, IVersionFence> make)
    {
        Services.TryAddSingleton(make);
        return this;
    }
}

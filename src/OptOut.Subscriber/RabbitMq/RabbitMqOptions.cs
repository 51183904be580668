using Microsoft.Extensions.Options;

namespace OptOut.Subscriber.RabbitMq;

/// <summary>The connection to the broker.</summary>
public sealed class RabbitMqOptions
{
    /// <summary><c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c>. Required.</summary>
    public string Uri { get; set; } = "";

    /// <summary>How many messages may be on their way at once: 1 to 1,000.</summary>
    public ushort Prefetch { get; set; } = 64;

    /// <summary>How many notices are handled side by side: 1 to 256. One opt-out's never are.</summary>
    public ushort Concurrency { get; set; } = 8;

    /// <summary>Pause before connecting again, and between looks for a queue that does not exist yet: up to 1 min.</summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often each side shows that it is there; two missed in a row end the connection. 1 s to 1 min.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);
}

internal sealed class RabbitMqOptionsValidator : IValidateOptions<RabbitMqOptions>
{
    private const int MaxPrefetch = 1_000;
    private const int MaxConcurrency = 256;

    public ValidateOptionsResult Validate(string? name, RabbitMqOptions options)
    {
        List<string> faults = [];
        if (!System.Uri.TryCreate(options.Uri, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps"))
            faults.Add("Uri must be an amqp or amqps address.");
        if (options.Prefetch is 0 or > MaxPrefetch) faults.Add($"Prefetch must lie in 1…{MaxPrefetch}.");
        if (options.Concurrency is 0 or > MaxConcurrency) faults.Add($"Concurrency must lie in 1…{MaxConcurrency}.");
        if (!OptOutSubscriberOptionsValidator.IsWithin(options.ReconnectDelay, TimeSpan.FromMinutes(1)))
            faults.Add("ReconnectDelay must lie in 1 ms…1 min.");
        if (options.Heartbeat < TimeSpan.FromSeconds(1) || options.Heartbeat > TimeSpan.FromMinutes(1))
            faults.Add("Heartbeat must lie in 1 s…1 min.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

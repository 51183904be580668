using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OptOut.Client;

/// <summary>
/// Stands before the wire of a sender's HTTP client: a request to a person under a stop does not leave. Asked at the last
/// moment, so that a message which waited in a queue is stopped too. A request that does not say whom it is for is
/// refused as well, unless it is marked as a message to nobody.
/// </summary>
public sealed class SuppressionHandler : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<IReadOnlyList<MessageAudience>> Audience = new("optout.audience");

    private readonly ISuppressionGate _gate;
    private readonly ILogger _log;

    /// <summary>Asks this gate.</summary>
    public SuppressionHandler(ISuppressionGate gate, ILogger<SuppressionHandler>? log = null)
    {
        ArgumentNullException.ThrowIfNull(gate);
        _gate = gate;
        _log = log ?? NullLogger<SuppressionHandler>.Instance;
    }

    /// <summary>Says whom a request is for. All must be allowed; with none it is a message to nobody.</summary>
    public static void SetAudience(HttpRequestMessage request, params IReadOnlyList<MessageAudience> audience)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(Audience, audience);
    }

    /// <inheritdoc />
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Ask(request);
        return base.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Ask(request);
        return base.Send(request, cancellationToken);
    }

    private void Ask(HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Options.TryGetValue(Audience, out var audience))
            throw new SuppressedException(SuppressionAnswer.Unknown, null);
        foreach (var person in audience)
        {
            var answer = _gate.Check(person.Type, person.Value, person.Purpose, person.Channel);
            if (answer == SuppressionAnswer.Allowed) continue;
            _log.MessageStopped(answer, person.Purpose, person.Channel);
            throw new SuppressedException(answer, person);
        }
    }
}

/// <summary>A message did not leave, because nobody may send it. Trying again makes sense only for Unknown.</summary>
public sealed class SuppressedException : OptOutException
{
    internal SuppressedException(SuppressionAnswer answer, MessageAudience? audience)
        : base(audience is null
            ? "The request does not say whom it is for, so it was not sent (SuppressionHandler.SetAudience)."
            : $"Not sent: the gate answered {answer} for {audience}.")
    {
        Answer = answer;
        Audience = audience;
    }

    /// <summary>Suppressed, or Unknown.</summary>
    public SuppressionAnswer Answer { get; }

    /// <summary>Whose answer it was; null where the request names nobody.</summary>
    public MessageAudience? Audience { get; }
}

/// <summary>Puts the gate before an HTTP client.</summary>
public static class SuppressionHandlerRegistration
{
    /// <summary>Adds <see cref="SuppressionHandler"/> to an HTTP client. Add it last, so that retries pass it each time.</summary>
    public static IHttpClientBuilder AddSuppressionHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddHttpMessageHandler(provider => new SuppressionHandler(
            provider.GetRequiredService<ISuppressionGate>(), provider.GetService<ILogger<SuppressionHandler>>()));
    }
}

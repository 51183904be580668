using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Probes;

/// <summary>Asks for a synthetic stop that goes the whole way.</summary>
/// <param name="Systems">Which systems are followed, by name; empty or absent for all that are active.</param>
public sealed record ProbeRequest(IReadOnlyList<string>? Systems = null);

/// <summary>A synthetic stop on its way, or what came of it.</summary>
/// <param name="Id"><c>prb_</c> and 32 hex digits.</param>
/// <param name="State"><c>running</c>, <c>passed</c> or <c>failed</c>.</param>
/// <param name="StartedAt">When it began, by the database's clock.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Reason">Why it failed, such as <c>not_enforced</c>; null while it runs and where it passed.</param>
/// <param name="Stages">How long each took from the beginning, in the order of the way; those that were reached.</param>
/// <param name="Systems">What each system made of it.</param>
/// <param name="RequestedBy">The key that asked, or <c>svc:probes</c> for the schedule.</param>
public sealed record ProbeView(
    string Id,
    string State,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string? Reason,
    IReadOnlyList<ProbeStage> Stages,
    IReadOnlyList<ProbeVerdict> Systems,
    string RequestedBy);

/// <summary>One stage.</summary>
/// <param name="Stage">
/// <c>request</c> (answered 201), <c>commit</c>, <c>published</c>, <c>received</c>, <c>applied</c>, <c>verified</c> (each
/// by the last of the systems), <c>enforced</c> (a check says stop), <c>page</c> (the link's page, which changed nothing),
/// <c>one_click</c> (a press, which changed exactly one record).
/// </param>
/// <param name="Ms">Milliseconds since the probe began.</param>
public sealed record ProbeStage(string Stage, long Ms);

/// <summary>One system.</summary>
/// <param name="System">Its name.</param>
/// <param name="Verdict">
/// <c>applied</c> or <c>no_match</c>: it answered, which is what is probed; <c>refused</c>, <c>timeout</c>,
/// <c>not_told</c>, <c>lost</c> (the probe itself was); null while it runs.
/// </param>
/// <param name="LagMs">From the record to its word; null where there was none.</param>
public sealed record ProbeVerdict(string System, string? Verdict, long? LagMs);

[JsonSerializable(typeof(ProbeRequest))]
[JsonSerializable(typeof(ProbeView))]
[JsonSerializable(typeof(ListAnswer<ProbeView>))]
[JsonSerializable(typeof(List<ProbeStage>))]
[JsonSerializable(typeof(List<ProbeVerdict>))]
internal sealed partial class ProbesJson : JsonSerializerContext
{
    public static ProbesJson Strict { get; } = new(OptOutJson.NewOptions());
}

/// <summary>When and how long probes run, under <c>OptOut:Probes</c>.</summary>
/// <param name="Interval"><c>IntervalSeconds</c>: each active system is probed this often; default 900, 0 for never, else at least 60.</param>
/// <param name="Timeout"><c>TimeoutSeconds</c>: how long a probe waits for the systems; default 60, 5 to 3,600.</param>
internal sealed record ProbeSettings(TimeSpan Interval, TimeSpan Timeout)
{
    public bool IsScheduled => Interval > TimeSpan.Zero;

    public static ProbeSettings From(IConfiguration configuration)
    {
        var interval = configuration.GetValue("OptOut:Probes:IntervalSeconds", 900);
        var timeout = configuration.GetValue("OptOut:Probes:TimeoutSeconds", 60);
        List<string> faults = [];
        if (interval is not 0 and (< 60 or > 604_800)) faults.Add("OptOut__Probes__IntervalSeconds is 0, or 60 to 604800.");
        if (timeout is < 5 or > 3_600) faults.Add("OptOut__Probes__TimeoutSeconds is 5 to 3600.");
        return faults.Count == 0
            ? new ProbeSettings(TimeSpan.FromSeconds(interval), TimeSpan.FromSeconds(timeout))
            : throw new ConfigurationException(faults);
    }
}

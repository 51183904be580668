using System.Net;
using System.Text.Json;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Propagation;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Probes;

/// <summary>
/// One synthetic stop, the whole way: recorded, committed, told, applied, enforced, and the person's link beside it. It is
/// about a person made for it, and flagged synthetic everywhere.
/// </summary>
internal sealed class ProbeRun(
    OwnService own, SystemDirectory systems, IdentifierNormaliser identifiers, ProbeSettings settings, TimeProvider clock)
{
    public const string NotEnforced = "not_enforced";
    public const string PageFailed = "page_failed";
    public const string PressFailed = "press_failed";
    public const string SystemFailed = "system_failed";

    // One long wait a call, below the time-out of the call itself.
    private const int WaitSeconds = 5;

    private static readonly string[] Closed = [.. DeliveryStates.Closed];

    public async Task<ProbeResult> RunAsync(Guid id, IReadOnlyList<int> followed, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var all = await systems.FreshAsync(cancellationToken);
        var stages = new ProbeStages(() => (long)clock.GetElapsedTime(started).TotalMilliseconds);
        var verdicts = new Dictionary<int, (string Verdict, long? LagMs)>();
        string? reason = null;
        try
        {
            // One stop a scope: systems that listen to the same hear the same.
            var scopes = followed.Where(all.ById.ContainsKey).Select(system => all.ById[system])
                .GroupBy(system => new Scope(system.Contract.Purposes[0], system.Contract.Channels[0])).ToArray();
            var runs = scopes.Select((group, index) =>
                OneAsync($"{id:N}-{index}", group.Key, [.. group], stages, verdicts, cancellationToken));
            reason = (await Task.WhenAll(runs)).FirstOrDefault(one => one is not null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            reason = (exception as ProbeFailedException)?.Code ?? "unreachable";
        }

        foreach (var system in followed.Where(system => !verdicts.ContainsKey(system)))
            verdicts[system] = ("not_told", null);
        if (reason is null && verdicts.Values.Any(v => v.Verdict is not ("applied" or "no_match")))
            reason = SystemFailed;
        return new ProbeResult(reason is null, reason, stages.All(), verdicts);
    }

    private async Task<string?> OneAsync(
        string name, Scope scope, DownstreamSystem[] followed, ProbeStages stages,
        Dictionary<int, (string Verdict, long? LagMs)> verdicts, CancellationToken cancellationToken)
    {
        var person = Person(name, followed);
        var begun = stages.Now;
        var record = await own.SendAsync(HttpMethod.Post, "/v1/opt-outs", Stop(person, scope), HttpStatusCode.Created, cancellationToken);
        stages.Reached("request", stages.Now);
        stages.Reached("commit", stages.Now);
        var optOut = record.GetProperty("id").GetString()!;
        if (!await IsStoppedAsync(person[0], scope, cancellationToken)) return NotEnforced;
        stages.Reached("enforced", stages.Now);
        var link = await LinkAsync(record.GetProperty("subjectId").GetString()!, scope, stages, cancellationToken);
        await FollowAsync(optOut, followed, begun, stages, verdicts, cancellationToken);
        return link;
    }

    /// <summary>Until each system has said its word, or the time is over.</summary>
    private async Task FollowAsync(
        string optOut, DownstreamSystem[] followed, long begun, ProbeStages stages,
        Dictionary<int, (string Verdict, long? LagMs)> verdicts, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var propagation = await own.SendAsync(HttpMethod.Get, $"/v1/opt-outs/{optOut}/propagation", null,
                HttpStatusCode.OK, cancellationToken, $"wait={WaitSeconds}");
            var rows = propagation.GetProperty("systems").EnumerateArray()
                .ToDictionary(row => row.GetProperty("system").GetString()!, StringComparer.Ordinal);
            var told = followed.Where(system => rows.ContainsKey(system.Name)).ToArray();
            var over = clock.GetElapsedTime(started) >= settings.Timeout;
            if (!over && told.Any(system => !Closed.Contains(rows[system.Name].GetProperty("state").GetString())))
                continue;
            foreach (var system in told)
            {
                var row = rows[system.Name];
                lock (verdicts)
                    verdicts[system.Id] = Verdict(row);
                Reach(row, begun, stages);
            }

            return;
        }
    }

    private static (string Verdict, long? LagMs) Verdict(JsonElement row)
    {
        long? lag = row.GetProperty("lagMs") is { ValueKind: JsonValueKind.Number } ms ? ms.GetInt64() : null;
        return row.GetProperty("state").GetString() switch
        {
            DeliveryStates.Applied or DeliveryStates.Verified => ("applied", lag),
            DeliveryStates.NoMatch => ("no_match", lag),
            DeliveryStates.Refused => ("refused", lag),
            _ => ("timeout", null),
        };
    }

    // The rows carry times of the way; how far each lies from the record is how far it lies from the beginning.
    private static void Reach(JsonElement row, long begun, ProbeStages stages)
    {
        var recorded = row.GetProperty("recordedAt").GetDateTimeOffset();
        foreach (var (stage, member) in ((string, string)[])[("published", "sentAt"), ("received", "receivedAt"), ("applied", "appliedAt")])
        {
            if (row.GetProperty(member) is { ValueKind: JsonValueKind.String } at)
                stages.Reached(stage, begun + Math.Max(0, (long)(at.GetDateTimeOffset() - recorded).TotalMilliseconds));
        }

        if (row.GetProperty("state").GetString() == DeliveryStates.Verified)
            stages.Reached("verified", stages.Now);
    }

    private async Task<bool> IsStoppedAsync(NormalisedIdentifier identifier, Scope scope, CancellationToken cancellationToken)
    {
        var channel = scope.Channel == Channels.Any ? "email" : scope.Channel;
        var answer = await own.SendAsync(HttpMethod.Post, "/v1/suppressions/check",
            $$"""
            { "items": [ { "identifier": { "type": "{{identifier.Type}}", "value": "{{identifier.Value}}" },
              "purpose": "{{scope.Purpose}}", "channel": "{{channel}}" } ] }
            """, HttpStatusCode.OK, cancellationToken);
        return answer.GetProperty("items")[0].GetProperty("decision").GetString() == "stop";
    }

    /// <summary>The page must change nothing and the press exactly one record, on a scope beside the first.</summary>
    private async Task<string?> LinkAsync(
        string subject, Scope scope, ProbeStages stages, CancellationToken cancellationToken)
    {
        var beside = scope.Channel == "post" ? "phone" : "post";
        var link = await own.SendAsync(HttpMethod.Post, "/v1/links",
            $$"""
            { "subject": { "id": "{{subject}}" }, "scope": { "purpose": "{{scope.Purpose}}", "channel": "{{beside}}" }, "action": "stop" }
            """, HttpStatusCode.Created, cancellationToken);
        var path = "/o/" + link.GetProperty("token").GetString();
        var before = await CountAsync(subject, cancellationToken);
        if (await own.PressAsync(HttpMethod.Get, path, cancellationToken) != HttpStatusCode.OK
            || await CountAsync(subject, cancellationToken) != before)
            return PageFailed;
        stages.Reached("page", stages.Now);
        if (await own.PressAsync(HttpMethod.Post, path, cancellationToken) != HttpStatusCode.OK
            || await CountAsync(subject, cancellationToken) != before + 1)
            return PressFailed;
        stages.Reached("one_click", stages.Now);
        return null;
    }

    private async Task<int> CountAsync(string subject, CancellationToken cancellationToken) =>
        (await own.SendAsync(HttpMethod.Get, $"/v1/subjects/{subject}/opt-outs", null, HttpStatusCode.OK, cancellationToken))
            .GetProperty("data").GetArrayLength();

    // One identifier of each type that the systems want and that can be nobody's; the first is asked about.
    private NormalisedIdentifier[] Person(string name, DownstreamSystem[] followed)
    {
        var person = new List<NormalisedIdentifier>();
        foreach (var type in followed.SelectMany(system => system.Contract.Identifiers).Select(i => i.Type).Append("email")
            .Distinct(StringComparer.Ordinal).OrderByDescending(type => type == "email"))
        {
            var value = type == "email" ? $"probe-{name}@optout.invalid" : $"probe-{name}";
            if (identifiers.TryNormalise(type, value, out var identifier, out _)) person.Add(identifier);
        }

        return [.. person];
    }

    private static string Stop(NormalisedIdentifier[] person, Scope scope)
    {
        var named = string.Join(", ", person.Select(i => $$"""{ "type": "{{i.Type}}", "value": "{{i.Value}}" }"""));
        return $$"""
            { "subject": { "identifiers": [ {{named}} ] }, "scope": { "purpose": "{{scope.Purpose}}", "channel": "{{scope.Channel}}" },
              "actor": { "type": "system", "id": null }, "origin": { "system": "optout", "method": "probe" },
              "reason": { "code": "probe" } }
            """;
    }
}

/// <summary>How far a probe has come; of several on their way at once the last counts.</summary>
internal sealed class ProbeStages(Func<long> now)
{
    private static readonly string[] Order =
        ["request", "commit", "published", "received", "applied", "verified", "enforced", "page", "one_click"];

    private readonly Dictionary<string, long> _reached = new(StringComparer.Ordinal);

    public long Now => now();

    public void Reached(string stage, long ms)
    {
        lock (_reached)
            _reached[stage] = Math.Max(ms, _reached.GetValueOrDefault(stage));
    }

    public IReadOnlyList<ProbeStage> All()
    {
        lock (_reached)
            return [.. Order.Where(_reached.ContainsKey).Select(stage => new ProbeStage(stage, _reached[stage]))];
    }
}

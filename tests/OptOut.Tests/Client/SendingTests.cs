using OptOut.Client;
using OptOut.Client.Testing;

namespace OptOut.Tests.Client;

/// <summary>The seams at which people use a gate, with the fake that their own tests use.</summary>
public sealed class SendingTests
{
    private readonly FakeSuppressionGate _gate = new(["marketing.newsletter"]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_to_a_person_under_a_stop_does_not_leave()
    {
        _gate.Stop("email", "Ada@Example.com");
        var wire = new Api().Answers(200);
        using var http = Http(wire);
        using var stopped = Message(To("ada+news@example.com"));
        var refusal = await Assert.ThrowsAsync<SuppressedException>(() => http.SendAsync(stopped, Cancellation));
        Assert.Equal(SuppressionAnswer.Suppressed, refusal.Answer);
        Assert.DoesNotContain("ada", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(wire.Requests);

        using var allowed = Message(To("grace@example.com"));
        await http.SendAsync(allowed, Cancellation);
        Assert.Single(wire.Requests);
    }

    [Fact]
    public async Task One_stopped_person_among_many_stops_the_message_and_so_does_silence_about_them()
    {
        _gate.Stop("email", "ada@example.com");
        var wire = new Api().Answers(200);
        using var http = Http(wire);
        using var many = Message(To("grace@example.com"), To("ada@example.com"));
        await Assert.ThrowsAsync<SuppressedException>(() => http.SendAsync(many, Cancellation));
        using var nameless = new HttpRequestMessage(HttpMethod.Post, "https://mail.example.com/send");
        var refusal = await Assert.ThrowsAsync<SuppressedException>(() => http.SendAsync(nameless, Cancellation));
        Assert.Equal((SuppressionAnswer.Unknown, null), (refusal.Answer, refusal.Audience));
        Assert.Empty(wire.Requests);
        using var nobody = Message();
        await http.SendAsync(nobody, Cancellation);
        Assert.Single(wire.Requests);
    }

    [Fact]
    public async Task A_gate_that_is_cut_off_lets_nothing_leave()
    {
        var wire = new Api().Answers(200);
        using var http = Http(wire);
        _gate.CutOff();
        using var first = Message(To("grace@example.com"));
        var refusal = await Assert.ThrowsAsync<SuppressedException>(() => http.SendAsync(first, Cancellation));
        Assert.Equal(SuppressionAnswer.Unknown, refusal.Answer);
        _gate.Restore();
        using var second = Message(To("grace@example.com"));
        await http.SendAsync(second, Cancellation);
        Assert.Single(wire.Requests);
    }

    [Fact]
    public async Task An_export_holds_back_who_is_stopped_while_it_runs_and_whom_nobody_can_read()
    {
        var held = new List<(string, SuppressionAnswer)>();
        var passed = new List<string>();
        await foreach (var person in People().WhereAllowed(
            _gate, person => person == "?" ? null : To(person), (person, why) => held.Add((person, why)), Cancellation))
        {
            passed.Add(person);
            _gate.Stop("email", "bob@example.com");
        }

        Assert.Equal(["ada@example.com", "eve@example.com"], passed);
        Assert.Equal([("bob@example.com", SuppressionAnswer.Suppressed), ("?", SuppressionAnswer.Unknown),
            ("no address", SuppressionAnswer.Unknown)], held);

        static async IAsyncEnumerable<string> People()
        {
            foreach (var person in new[] { "ada@example.com", "bob@example.com", "?", "no address", "eve@example.com" })
            {
                await Task.Yield();
                yield return person;
            }
        }
    }

    [Fact]
    public void A_fake_answers_by_the_real_rules_and_remembers_what_it_was_asked()
    {
        _gate.Stop("email", "ada@example.com", "marketing.newsletter", "email");
        Assert.True(_gate.MayUse("email", "ada@example.com", "marketing", "email"));
        Assert.False(_gate.MayUse("email", "ada@example.com", "marketing.newsletter", "email"));
        Assert.False(_gate.MayUse("email", "ada@example.com", "unheard_of", "email"));
        _gate.Lift("email", "ADA@example.com");
        Assert.True(_gate.MayUse("email", "ada@example.com", "marketing.newsletter", "email"));
        Assert.Equal(4, _gate.Asked.Count);
        Assert.DoesNotContain("ada", _gate.Asked[0].ToString(), StringComparison.Ordinal);
    }

    private static MessageAudience To(string email) => new("email", email, "marketing.newsletter", "email");

    private static HttpRequestMessage Message(params MessageAudience[] audience)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "https://mail.example.com/send");
        SuppressionHandler.SetAudience(message, audience);
        return message;
    }

    private HttpClient Http(Api wire) => new(new SuppressionHandler(_gate) { InnerHandler = wire });
}

using System.Net.Http.Headers;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

[Collection(RecordingCollection.Name)]
public sealed class BatchTests(RecordingService recording)
{
    [Fact]
    public async Task A_batch_of_a_thousand_is_207_with_each_answer_in_its_place()
    {
        var emails = Enumerable.Range(0, 998).Select(_ => Stops.NewEmail()).ToList();
        var items = emails.Select(email => Stops.Body(Stops.Email(email), "profiling")).ToList();
        items.Insert(3, Stops.Body(Stops.Email("no address"), "profiling"));
        items.Insert(500, items[0]);

        var answer = await PostAsync(items);

        Assert.Equal(207, answer.Status);
        var answers = answer.Json.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(1_000, answers.Count);
        for (var i = 0; i < answers.Count; i++)
            Assert.Equal(i switch { 3 => 422, 500 => 200, _ => 201 }, answers[i].GetProperty("status").GetInt32());
        var problem = answers[3].GetProperty("problem");
        Assert.Equal("validation_failed", problem.Text("code"));
        Assert.Equal("/subject/identifiers/0/value", problem.GetProperty("errors")[0].Text("pointer"));
        Assert.Equal(answers[0].GetProperty("record").Text("id"), answers[500].GetProperty("record").Text("id"));
        // The person in the ninth place is the ninth answer's.
        var ninth = await recording.Service.StopEmailAsync(emails[8 - 1], "profiling");
        Assert.Equal(ninth.Id, answers[8].GetProperty("record").Text("id"));
    }

    [Fact]
    public async Task A_thousand_and_one_are_refused_and_nothing_is_recorded()
    {
        var emails = Enumerable.Range(0, 1_001).Select(_ => Stops.NewEmail()).ToList();

        var answer = await PostAsync(emails.Select(email => Stops.Body(Stops.Email(email), "profiling")));

        Assert.Equal(422, answer.Status);
        Assert.Equal("too_many_items", answer.Code);
        Assert.Equal(201, (await recording.Service.StopEmailAsync(emails[0], "profiling")).Status);
    }

    [Fact]
    public async Task One_bad_item_spoils_no_other()
    {
        var good = Stops.Body(Stops.Email(Stops.NewEmail()));
        string[] items =
        [
            """{ "subject": 7 }""", good, "null", """{ "version": 9 }""", """{ "scope": { "purpose": "marketing" } }""",
            Stops.Body(Stops.Email(Stops.NewEmail()), "nonsense"),
            """{ "subject": { "id": "sub_00000000000000000000000000000000" }, "scope": { "purpose": "marketing" } }""",
            Nested(40), "\"" + new string('x', 64 * 1024) + "\"",
        ];

        var answers = (await PostAsync(items)).Json.GetProperty("items").EnumerateArray()
            .Select(item => item.TryGetProperty("problem", out var problem)
                ? $"{item.GetProperty("status")} {problem.Text("code")}"
                : item.GetProperty("status").ToString());

        Assert.Equal(
            ["400 wrong_type", "201", "400 wrong_type", "400 unknown_member", "422 validation_failed",
             "422 validation_failed", "422 validation_failed", "400 too_deep", "413 body_too_large"],
            answers);
    }

    [Theory]
    [InlineData("""{ }""", 422, "validation_failed")]
    [InlineData("""{ "items": [] }""", 422, "validation_failed")]
    [InlineData("""{ "items": 7 }""", 400, "wrong_type")]
    [InlineData("""{ "items": [], "items": [] }""", 400, "duplicate_member")]
    [InlineData("""{ "items": [], "atomic": true }""", 400, "unknown_member")]
    [InlineData("""{ "items": [""", 400, "invalid_json")]
    [InlineData("""[]""", 400, "wrong_type")]
    public async Task An_envelope_that_cannot_be_read_is_refused_whole(string body, int status, string code)
    {
        var answer = await recording.Service.PostAsync("/v1/opt-outs/batch", body);

        Assert.Equal(status, answer.Status);
        Assert.Equal(code, answer.Code);
    }

    [Fact]
    public async Task More_than_four_mebibytes_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/opt-outs/batch")
        {
            Content = new StringContent("{ \"items\": [ \"" + new string('x', 4 * 1024 * 1024) + "\" ] }",
                Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", await recording.Service.KeyOfAsync("recorder"));
        // The server refuses by the length alone; a client that sends on regardless may see only a closed connection.
        request.Headers.ExpectContinue = true;
        using var response = await recording.Service.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await Answer.ReadAsync(response);

        Assert.Equal(413, answer.Status);
        Assert.Equal("body_too_large", answer.Code);
    }

    private Task<Answer> PostAsync(IEnumerable<string> items) => recording.Service.PostAsync(
        "/v1/opt-outs/batch", $$"""{ "items": [ {{string.Join(',', items)}} ] }""");

    private static string Nested(int depth) =>
        new StringBuilder().Insert(0, "{\"subject\":", depth).Append("{}").Append('}', depth).ToString();
}

using System.Text;
using OptOut.Service.Platform.Http;

namespace OptOut.Tests.Http;

public sealed class JsonBodyTests
{
    private const string Good = """{"name":"a","parts":[{"type":"email","value":"x"}]}""";

    [Fact]
    public void A_good_body_is_read_and_its_bytes_are_kept()
    {
        var raw = Encoding.UTF8.GetBytes(
            """{"name":"a","parts":[],"kind":"one_click","at":"2026-11-20T16:00:00.1239+01:00","count":3,"note":null,"inner":null}""");
        var body = JsonBody.Parse(raw, SampleJson.Strict.SampleBody);

        Assert.True(body.TryGet(out var value, out _));
        Assert.Equal(SampleKind.OneClick, value.Kind);
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 15, 0, 0, 123, TimeSpan.Zero), value.At);
        Assert.Equal(3, value.Count);
        Assert.Equal(raw, body.Raw.ToArray());
    }

    [Theory]
    [InlineData("", "invalid_json", 400, null)]
    [InlineData(" ", "invalid_json", 400, null)]
    [InlineData("{", "invalid_json", 400, null)]
    [InlineData("{} {}", "invalid_json", 400, null)]
    [InlineData("{'name':1}", "invalid_json", 400, null)]
    [InlineData("""{"name":"a","parts":[],}""", "invalid_json", 400, null)]
    [InlineData("""{"name":"a",/**/"parts":[]}""", "invalid_json", 400, null)]
    [InlineData("null", "wrong_type", 400, "")]
    [InlineData("[]", "wrong_type", 400, "")]
    [InlineData("\"x\"", "wrong_type", 400, "")]
    [InlineData("""{"name":"a","parts":[],"extra":1}""", "unknown_member", 400, "/extra")]
    [InlineData("""{"name":"a","parts":[],"Name":"b"}""", "unknown_member", 400, "/Name")]
    [InlineData("""{"name":"a","parts":[{"type":"t","value":"v","id":1}]}""", "unknown_member", 400, "/parts/0/id")]
    [InlineData("""{"name":"a","name":"b","parts":[]}""", "duplicate_member", 400, "/name")]
    [InlineData("""{"name":"a","n\u0061me":"b","parts":[]}""", "duplicate_member", 400, "/name")]
    [InlineData("""{"name":"a","parts":[{"type":"t","value":"v","value":"w"}]}""", "duplicate_member", 400, "/parts/0/value")]
    [InlineData("""{"name":1,"parts":[]}""", "wrong_type", 400, "/name")]
    [InlineData("""{"name":"a","parts":{}}""", "wrong_type", 400, "/parts")]
    [InlineData("""{"name":"a","parts":["x"]}""", "wrong_type", 400, "/parts/0")]
    [InlineData("""{"name":"a","parts":[],"kind":1}""", "wrong_type", 400, "/kind")]
    [InlineData("""{"name":"a","parts":[],"count":"1"}""", "wrong_type", 400, "/count")]
    [InlineData("""{"parts":[]}""", "validation_failed", 422, "/name")]
    [InlineData("""{"name":null,"parts":[]}""", "validation_failed", 422, "/name")]
    [InlineData("""{"name":"a","parts":[null]}""", "validation_failed", 422, "/parts/0")]
    [InlineData("""{"name":"a","parts":[{"type":"t","value":"v"} , null ]}""", "validation_failed", 422, "/parts/1")]
    [InlineData("""{"name":"a","parts":[],"kind":"other"}""", "validation_failed", 422, "/kind")]
    [InlineData("""{"name":"a","parts":[],"kind":"plain, one_click"}""", "validation_failed", 422, "/kind")]
    [InlineData("""{"name":"a","parts":[],"kind":"ONE_CLICK"}""", "validation_failed", 422, "/kind")]
    [InlineData("""{"name":"a","parts":[],"kind":"OneClick"}""", "validation_failed", 422, "/kind")]
    [InlineData("""{"name":"a","parts":[],"kind":" plain"}""", "validation_failed", 422, "/kind")]
    [InlineData("""{"name":"a","parts":[],"kind":"1"}""", "validation_failed", 422, "/kind")]
    [InlineData("""{"name":"a","parts":[],"at":"2026-11-20"}""", "validation_failed", 422, "/at")]
    [InlineData("""{"name":"a","parts":[],"at":"2026-11-20T15:00:00"}""", "validation_failed", 422, "/at")]
    [InlineData("""{"name":"a","parts":[],"count":1.5}""", "validation_failed", 422, "/count")]
    [InlineData("""{"name":"a\u0000b","parts":[]}""", "null_character", 400, null)]
    [InlineData("""{"name":"\ud800","parts":[]}""", "invalid_encoding", 400, null)]
    public void A_bad_body_is_refused_with_its_code_and_place(string text, string code, int status, string? place)
    {
        var problem = JsonBody.Parse(Encoding.UTF8.GetBytes(text), SampleJson.Strict.SampleBody).Problem;

        Assert.NotNull(problem);
        Assert.Equal((code, status), (problem.Kind.Code, problem.Kind.Status));
        Assert.Equal(place, problem.Errors?[0].Where);
    }

    [Theory]
    [InlineData("""{"name":"a\\u0000b","parts":[]}""")]
    [InlineData("""{"name":", null","parts":[],"note":"[null]"}""")]
    [InlineData("""{"name":"a" ,"parts":[] , "note" :  null , "inner": null}""")]
    public void What_only_looks_forbidden_is_read(string text) =>
        Assert.Null(JsonBody.Parse(Encoding.UTF8.GetBytes(text), SampleJson.Strict.SampleBody).Problem);

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        byte[] raw = [.. "{\"name\":\""u8, 0xC3, 0x28, .. "\",\"parts\":[]}"u8];
        Assert.Equal("invalid_encoding", JsonBody.Parse(raw, SampleJson.Strict.SampleBody).Problem?.Kind.Code);
    }

    [Theory]
    [InlineData(31, null)]
    [InlineData(32, "too_deep")]
    [InlineData(20_000, "too_deep")]
    public void Nesting_is_read_to_the_thirty_second_level(int inner, string? code)
    {
        var deep = string.Concat(Enumerable.Repeat("""{"name":"a","parts":[],"inner":""", inner));
        var text = deep + """{"name":"a","parts":[]}""" + new string('}', inner);
        // The innermost object also holds an array, which is one level more.
        var problem = JsonBody.Parse(Encoding.UTF8.GetBytes(text), SampleJson.Strict.SampleBody).Problem;
        Assert.Equal(inner == 31 ? "too_deep" : code, problem?.Kind.Code);
    }

    [Fact]
    public void A_member_name_that_could_be_an_identifier_is_not_repeated()
    {
        var raw = Encoding.UTF8.GetBytes("""{"name":"a","parts":[],"ada@example.com":1}""");
        var problem = JsonBody.Parse(raw, SampleJson.Strict.SampleBody).Problem;
        Assert.Equal(("unknown_member", ""), (problem?.Kind.Code, problem?.Errors?[0].Where));
    }

    [Fact]
    public void All_faults_of_the_content_are_listed_up_to_the_bound()
    {
        var nulls = string.Join(",", Enumerable.Repeat("null", 100));
        var raw = Encoding.UTF8.GetBytes($$"""{"parts":[{{nulls}}],"kind":"x"}""");
        var problem = JsonBody.Parse(raw, SampleJson.Strict.SampleBody).Problem;
        Assert.InRange(problem!.Errors!.Count, JsonFaults.MaxErrors, JsonFaults.MaxErrors + 1);
    }

    [Fact]
    public void Answers_are_written_with_milliseconds_in_utc_and_with_their_nulls()
    {
        var answer = new SampleAnswer(new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)), null, SampleKind.OneClick);
        var text = System.Text.Json.JsonSerializer.Serialize(answer, SampleJson.Strict.SampleAnswer);
        Assert.Equal("""{"at":"2026-01-02T03:04:05.000Z","note":null,"kind":"one_click"}""", text);
    }

    [Fact]
    public void One_bad_item_of_a_batch_spoils_no_other()
    {
        var raw = Encoding.UTF8.GetBytes($$"""{ "items": [ {{Good}}, {"parts":[]}, {{Good}}, 7 ] }""");
        var batch = BatchEnvelope.Parse(raw, SampleJson.Strict.SampleBody, 10, RequestBody.RecordLimit);

        Assert.Null(batch.Problem);
        Assert.Equal([null, "validation_failed", null, "wrong_type"], batch.Items.Select(i => i.Problem?.Kind.Code));
        Assert.Equal(Good, Encoding.UTF8.GetString(batch.Items[2].Raw.Span));
    }

    [Theory]
    [InlineData("""{"items":[]}""", "validation_failed")]
    [InlineData("""{}""", "validation_failed")]
    [InlineData("""[]""", "wrong_type")]
    [InlineData("""{"items":{}}""", "wrong_type")]
    [InlineData("""{"items":[1],"items":[2]}""", "duplicate_member")]
    [InlineData("""{"items":[1],"more":2}""", "unknown_member")]
    [InlineData("""{"items":[1""", "invalid_json")]
    [InlineData("""{"items":[1]} x""", "invalid_json")]
    [InlineData("""{"items":[1,2,3,4]}""", "too_many_items")]
    public void A_bad_envelope_refuses_the_batch(string text, string code)
    {
        var batch = BatchEnvelope.Parse(Encoding.UTF8.GetBytes(text), SampleJson.Strict.SampleBody, 3, 100);
        Assert.Equal(code, batch.Problem?.Kind.Code);
    }

    [Fact]
    public void An_item_over_the_limit_of_one_record_is_refused_alone()
    {
        var raw = Encoding.UTF8.GetBytes($$"""{"items":[{{Good}},{"name":"{{new string('a', 200)}}","parts":[]}]}""");
        var batch = BatchEnvelope.Parse(raw, SampleJson.Strict.SampleBody, 3, 100);
        Assert.Equal([null, "body_too_large"], batch.Items.Select(i => i.Problem?.Kind.Code));
    }
}

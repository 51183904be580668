using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OptOut.Contracts;
using OptOut.Contracts.Json;

namespace OptOut.Tests.Contracts;

public sealed class EventContractTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 16, 0, 0, 123, TimeSpan.FromHours(1));

    internal static readonly OptOutEvent Sample = new()
    {
        Id = "dlv_0196f0d2a3b47c5d8e6f708192a3b4c5",
        Source = "/optout",
        Type = EventTypes.Recorded,
        Subject = "oo_0196f0d2a3b47c5d8e6f708192a3b4c6",
        Time = At,
        Sequence = OptOutEvent.SequenceOf(7),
        PartitionKey = "sub_0196f0d2a3b47c5d8e6f708192a3b4c7",
        TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        Data = new OptOutEventData
        {
            DeliveryId = "dlv_0196f0d2a3b47c5d8e6f708192a3b4c5",
            OptOutId = "oo_0196f0d2a3b47c5d8e6f708192a3b4c6",
            Version = 7,
            RecordHash = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
            State = OptOutState.OptedOut,
            SubjectId = "sub_0196f0d2a3b47c5d8e6f708192a3b4c7",
            Scope = new OptOutScope { Purpose = "marketing", Channel = "any" },
            Identifiers =
            [
                new EventIdentifier { Type = "email", Form = IdentifierForm.Plain, Value = "ada+\"ü\"@example.com" },
                new EventIdentifier { Type = "phone", Form = IdentifierForm.Hmac, Value = "ab", Kid = "k1" },
            ],
            RecordedAt = At,
            EffectiveFrom = At,
            ApplyBy = At.AddSeconds(60),
        },
    };

    [Fact]
    public void The_members_have_exactly_the_names_of_the_contract()
    {
        var json = JsonNode.Parse(Sample.ToUtf8Bytes())!;
        Assert.Equal(
            "id source specversion type subject time datacontenttype sequence partitionkey traceparent data",
            string.Join(' ', json.AsObject().Select(member => member.Key)));
        Assert.Equal(
            "deliveryId optOutId version recordHash state subjectId scope identifiers recordedAt effectiveFrom applyBy synthetic",
            string.Join(' ', json["data"]!.AsObject().Select(member => member.Key)));
        Assert.Equal("opted_out", (string?)json["data"]!["state"]);
        Assert.Equal("hmac", (string?)json["data"]!["identifiers"]![1]!["form"]);
        Assert.Equal("2026-11-20T15:00:00.123Z", (string?)json["time"]);
        Assert.Equal("0000000007", (string?)json["sequence"]);
        Assert.Null(json["data"]!["identifiers"]![0]!["kid"]);
    }

    [Fact]
    public void The_fast_writer_and_the_serialiser_write_the_same_document() =>
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(Sample.ToUtf8Bytes()),
            JsonSerializer.SerializeToNode(Sample, ContractsJson.Default.OptOutEvent)));

    [Fact]
    public void What_was_written_is_read_back_whole()
    {
        var read = OptOutEvent.TryParse(Sample.ToUtf8Bytes())!;
        Assert.Equal(Sample.ToUtf8Bytes(), read.ToUtf8Bytes());
        Assert.Equal(TimeSpan.Zero, read.Data.RecordedAt.Offset);
    }

    [Fact]
    public void A_consumer_passes_over_members_that_a_later_edition_adds()
    {
        var json = JsonNode.Parse(Sample.ToUtf8Bytes())!;
        json["newattribute"] = "x";
        json["data"]!["later"] = new JsonObject { ["deep"] = 1 };
        Assert.NotNull(OptOutEvent.TryParse(Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    [Theory]
    [InlineData("\"version\":7", "\"version\":0")]
    [InlineData("\"version\":7", "\"version\":\"7\"")]
    [InlineData("\"version\":7", "\"version\":7,\"version\":8")]
    [InlineData("\"opted_out\"", "\"OPTED_OUT\"")]
    [InlineData("\"opted_out\"", "0")]
    [InlineData("\"opted_out\"", "\"opted_sideways\"")]
    [InlineData("\"specversion\":\"1.0\"", "\"specversion\":\"0.3\"")]
    [InlineData("\"source\":\"/optout\",", "")]
    [InlineData("\"source\":\"/optout\"", "\"source\":null")]
    [InlineData("15:00:00.123Z", "15:00:00.123")]
    [InlineData("\"identifiers\":[", "\"identifiers\":[null,")]
    public void An_event_that_breaks_the_contract_is_no_event(string find, string replace)
    {
        var text = Encoding.UTF8.GetString(Sample.ToUtf8Bytes());
        Assert.Contains(find, text, StringComparison.Ordinal);
        Assert.Null(OptOutEvent.TryParse(Encoding.UTF8.GetBytes(text.Replace(find, replace, StringComparison.Ordinal))));
    }

    [Fact]
    public void Too_large_too_deep_or_no_json_is_no_event()
    {
        var json = JsonNode.Parse(Sample.ToUtf8Bytes())!;
        json["padding"] = new string('x', ContractLimits.MaxMessageBytes);
        Assert.Null(OptOutEvent.TryParse(Encoding.UTF8.GetBytes(json.ToJsonString())));

        var deep = "{\"a\":" + new string('[', 40) + new string(']', 40) + "," +
            Encoding.UTF8.GetString(Sample.ToUtf8Bytes())[1..];
        Assert.Null(OptOutEvent.TryParse(Encoding.UTF8.GetBytes(deep)));
        Assert.Null(OptOutEvent.TryParse("\"hello\""u8));
        Assert.Null(OptOutEvent.TryParse([0xff, 0xfe]));
        Assert.Null(OptOutEvent.TryParse([]));
        Assert.Null(OptOutEvent.TryParse("null"u8));
    }

    [Fact]
    public void A_printed_event_does_not_show_the_person() =>
        Assert.DoesNotContain("ada", string.Join(' ', Sample.Data.Identifiers), StringComparison.Ordinal);
}

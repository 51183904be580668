using OptOut.Contracts;
using OptOut.Service.Propagation.Acknowledgements;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class AcknowledgementBoundTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task A_thousand_words_are_one_request_and_one_more_is_refused()
    {
        var system = await Service.RegisterAsync(await Service.PurposeAsync());
        var words = Enumerable.Range(0, 1_001).Select(_ => new Acknowledgement
        {
            DeliveryId = $"dlv_{Guid.CreateVersion7():N}", OptOutId = $"oo_{Guid.CreateVersion7():N}", Version = 1,
            RecordHash = Convert.ToBase64String(new byte[32]), Outcome = AcknowledgementOutcome.Applied,
        }).ToArray();

        var (status, body) = await system.PostAsync(words[..1_000]);
        var (refused, _) = await system.PostAsync(words);

        Assert.Equal(207, status);
        Assert.Equal(1_000, body.GetProperty("items").EnumerateArray().Count(item => item.GetProperty("status").GetInt32() == 404));
        Assert.InRange(refused, 400, 422);
        Assert.Equal(1_000, await system.RejectedAsync("delivery_unknown"));
    }

    /// <summary>Whoever holds a system's key, or may publish to the broker, must not fill the database with refusals.</summary>
    [Fact]
    public async Task Refused_words_beyond_a_hundred_a_minute_are_counted_and_not_kept()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var word = new Acknowledgement
        {
            DeliveryId = $"dlv_{Guid.CreateVersion7():N}", OptOutId = $"oo_{Guid.CreateVersion7():N}", Version = 1,
            RecordHash = Convert.ToBase64String(new byte[32]), Outcome = AcknowledgementOutcome.Applied,
        };

        for (var i = 0; i < 3; i++)
            await system.PostAsync([.. Enumerable.Repeat(word, 200)]);

        Assert.Equal(600, await system.RejectedAsync("delivery_unknown"));
        Assert.Equal(RejectionBudget.RowsAMinute, await Service.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.rejected_acknowledgement
            WHERE system_id = (SELECT system_id FROM optout.system WHERE name = $1)
            """, system.Name));
        var (_, view) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}");
        Assert.Equal(600, view.GetProperty("rejectedAcknowledgements").GetInt64());
        // A word that counts is taken all the same.
        var record = await Service.StopAsync(purpose);
        await system.PostAsync(Downstream.Word(await system.TakeAsync()));
        await Service.StateAsync(record.Id(), system, "applied");
    }
}

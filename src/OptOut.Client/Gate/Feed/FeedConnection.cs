using System.Net;
using OptOut.Client.Http;

namespace OptOut.Client.Gate.Feed;

/// <summary>Opens the feed and follows it until it ends, telling the gate at each event what it may rely on.</summary>
internal sealed class FeedConnection(ApiTransport transport, SuppressionGate gate, TimeProvider clock)
{
    private const string Path = "v1/suppressions/stream";

    /// <summary>Follows one connection. The copy to continue with is handed to <paramref name="keep"/> at each event.</summary>
    public async Task<FeedEnding> FollowAsync(
        SuppressionCopy? held, TimeSpan bound, Action<FeedSession, FeedStep> keep, CancellationToken cancellationToken)
    {
        try
        {
            using var request = Request(held?.Cursor);
            using var response = await transport.OpenAsync(request, cancellationToken);
            if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                return Refused("feed_unreadable");
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await ReadAsync(new SseReader(stream, clock), new FeedSession(held, clock), bound, keep, cancellationToken);
        }
        catch (OptOutProblemException refusal)
        {
            return Refused(refusal);
        }
        catch (OptOutUnreachableException)
        {
            return new FeedEnding("unreachable");
        }
    }

    private async Task<FeedEnding> ReadAsync(
        SseReader reader, FeedSession session, TimeSpan bound, Action<FeedSession, FeedStep> keep,
        CancellationToken cancellationToken)
    {
        var confirmed = false;
        try
        {
            while (await reader.ReadAsync(cancellationToken) is { } read)
            {
                var step = session.Apply(read);
                if (step == FeedStep.Current)
                {
                    var stated = session.Copy!.Rules.StaleAfter;
                    gate.Confirm(session.Copy, session.AsOf, session.Lag, bound < stated ? bound : stated);
                    confirmed = true;
                }

                keep(session, step);
                if (Ending(session, step, confirmed) is { } ending) return ending;
            }

            return new FeedEnding("connection_lost", confirmed);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or TimeoutException)
        {
            return new FeedEnding(fault is TimeoutException ? "silent" : "connection_lost", confirmed);
        }
        catch (InvalidDataException)
        {
            return Refused("feed_unreadable");
        }
    }

    private FeedEnding? Ending(FeedSession session, FeedStep step, bool confirmed)
    {
        switch (step)
        {
            case FeedStep.HistoryChanged:
                gate.Withdraw("history_changed");
                return null;
            case FeedStep.Gap:
                gate.Missed();
                // Once more from the cursor; who misses a change again without having been confirmed lacks more than one.
                return new FeedEnding("change_missing", confirmed, KeepsCopy: confirmed);
            case FeedStep.Late:
                gate.Withdraw("stream_late");
                return new FeedEnding("stream_late", confirmed);
            case FeedStep.Unreadable:
                return Refused("feed_unreadable");
            case FeedStep.Closed:
                if (session.EndReason == "ledger_not_current") gate.Withdraw("ledger_not_current");
                return new FeedEnding("closed", confirmed);
            default:
                return null;
        }
    }

    private FeedEnding Refused(OptOutProblemException refusal)
    {
        switch (refusal.Status)
        {
            case HttpStatusCode.BadRequest:
                // The cursor is of another installation, or from before a change of its keys.
                gate.Withdraw("history_changed");
                return new FeedEnding("cursor_refused", KeepsCopy: false);
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound:
                return Refused($"refused_{(int)refusal.Status}");
            default:
                if (refusal.Code == "ledger_not_current") gate.Withdraw("ledger_not_current");
                return new FeedEnding("unavailable", RetryAfter: refusal.RetryAfter);
        }
    }

    private FeedEnding Refused(string cause)
    {
        gate.Fail(cause);
        return new FeedEnding(cause);
    }

    private static HttpRequestMessage Request(string? cursor)
    {
        var query = cursor is null ? "" : "?basis=" + Uri.EscapeDataString(cursor);
        return new HttpRequestMessage(HttpMethod.Get, new Uri(Path + query, UriKind.Relative))
        {
            Headers = { { "Accept", "text/event-stream" } },
        };
    }
}

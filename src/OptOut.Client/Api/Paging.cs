using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>A list of the API as a sequence: the next page is asked for when the one before has been used up.</summary>
internal static class Paging
{
    /// <summary>The largest page that the service gives.</summary>
    public const int PageSize = 200;

    /// <param name="transport">Sends the requests.</param>
    /// <param name="path">The list, with its filters.</param>
    /// <param name="type">One page.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        ApiTransport transport, string path, JsonTypeInfo<Page<T>> type,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var query = $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={PageSize}"
                + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor));
            var page = await transport.SendAsync(ApiCall.Get(path + query), type, cancellationToken);
            foreach (var item in page.Data) yield return item;
            if (page.NextCursor is not null && page.NextCursor == cursor)
                throw new OptOutUnreachableException("A list leads back to the same page.");
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}

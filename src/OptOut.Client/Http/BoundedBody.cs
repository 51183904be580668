namespace OptOut.Client.Http;

/// <summary>Reads an answer whole, up to a bound: whoever answers in the service's place must not fill the memory.</summary>
internal static class BoundedBody
{
    /// <summary>Problem documents are small.</summary>
    public const int MaxProblemBytes = 64 * 1024;

    /// <exception cref="OptOutUnreachableException">The answer is longer.</exception>
    public static async Task<byte[]> ReadAsync(HttpContent content, int maxBytes, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > maxBytes) throw TooLong();
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var whole = new MemoryStream();
        var part = new byte[16 * 1024];
        while (await stream.ReadAsync(part, cancellationToken) is var read and > 0)
        {
            if (whole.Length + read > maxBytes) throw TooLong();
            whole.Write(part, 0, read);
        }

        return whole.ToArray();
    }

    private static OptOutUnreachableException TooLong() => new("The answer is longer than any of the service's.");
}

using Microsoft.AspNetCore.Http;
using OptOut.Contracts;

namespace OptOut.Subscriber.Webhook;

/// <summary>Reads a body up to the contract's bound, whatever its stated length says.</summary>
internal static class BoundedBody
{
    /// <returns>The raw body, or null if it is larger.</returns>
    internal static async Task<byte[]?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > ContractLimits.MaxMessageBytes) return null;
        using var whole = new MemoryStream();
        var chunk = new byte[8 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (whole.Length + read > ContractLimits.MaxMessageBytes) return null;
            whole.Write(chunk, 0, read);
        }

        return whole.ToArray();
    }
}

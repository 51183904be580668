using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Portal;

/// <summary>
/// Where links point: <c>OptOut__PublicBaseUrl</c>, else the loopback address that this process listens on, which
/// serves for trying out. Never the Host header: whoever sends a request could choose it.
/// </summary>
internal sealed class PublicAddress(HttpOptions options, IServer server)
{
    private static readonly string[] EveryAddress = ["+", "*", "0.0.0.0", "[::]"];

    /// <summary>An absolute URL of this path.</summary>
    /// <exception cref="InvalidOperationException">Nothing is configured and the server listens nowhere.</exception>
    public string UrlOf(string path) => Base() + path;

    private string Base()
    {
        if (options.PublicBaseUrl is { Length: > 0 } configured)
            return configured;
        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("OptOut__PublicBaseUrl is not set and the server listens nowhere.");
        var address = BindingAddress.Parse(listening);
        var host = EveryAddress.Contains(address.Host) ? "127.0.0.1" : address.Host;
        return string.Create(CultureInfo.InvariantCulture, $"{address.Scheme}://{host}:{address.Port}");
    }
}

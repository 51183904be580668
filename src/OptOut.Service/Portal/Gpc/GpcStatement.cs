using System.Globalization;
using System.Text;

namespace OptOut.Service.Portal.Gpc;

/// <summary><c>GET /.well-known/gpc.json</c>: states that the signal is honoured here.</summary>
internal static class GpcStatement
{
    public const string Path = "/.well-known/gpc.json";

    /// <summary>When what this statement says last changed; not the day of a release.</summary>
    private static readonly DateOnly LastUpdate = new(2026, 11, 20);

    private static readonly byte[] Body = Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $$"""{"gpc": true, "lastUpdate": "{{LastUpdate:yyyy-MM-dd}}"}"""));

    public static IResult Handle() => TypedResults.Bytes(Body, "application/json");
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OptOut.Benchmarks.Service;

namespace OptOut.Benchmarks.Load;

/// <summary>
/// The bytes of one <c>POST /v1/opt-outs</c>. Each is about a person nobody has seen before: only the number in the
/// address changes, so that the generator costs next to nothing on cores it shares with what it measures.
/// </summary>
internal sealed class OptOutRequest
{
    private const int Digits = 12;
    private static long people;
    private static readonly string Run = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(4));
    private readonly byte[] bytes;
    private readonly int at;

    public OptOutRequest(ServiceUnderTest service, string purpose)
    {
        var mark = new string('0', Digits);
        var body =
            $$"""{"subject":{"identifiers":[{"type":"email","value":"person-{{mark}}@{{Run}}.example.com"}]},"""
            + $$"""
            "scope":{"purpose":"{{purpose}}","channel":"any"},"actor":{"type":"subject","id":null},"origin":{"system":"web-shop","method":"api"},"reason":{"code":"user_request"},"regime":"gdpr"}
            """;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"POST /v1/opt-outs HTTP/1.1\r\nHost: {service.Address.Authority}\r\nAuthorization: Bearer {service.Key}\r\n" +
            $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        bytes = Encoding.UTF8.GetBytes(text);
        at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark));
    }

    /// <summary>The bytes for the next person; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        var person = Interlocked.Increment(ref people);
        Utf8Formatter.TryFormat(person, bytes.AsSpan(at, Digits), out _, new System.Buffers.StandardFormat('D', Digits));
        return bytes;
    }
}

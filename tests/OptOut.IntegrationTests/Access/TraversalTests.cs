using System.Net;
using System.Net.Sockets;
using System.Text;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;

namespace OptOut.IntegrationTests.Access;

/// <summary>
/// No path reads a file, however it is written: sent byte for byte, since a client library would tidy it up, and with a key
/// that may do nearly everything, since it is not for the key to refuse.
/// </summary>
[Collection(RecordingCollection.Name)]
public sealed class TraversalTests(RecordingService recording)
{
    [Theory]
    [InlineData("/swagger/..%2f..%2fmaster.json")]
    [InlineData("/swagger/../../master.json")]
    [InlineData("/swagger/%2e%2e/%2e%2e/master.json")]
    [InlineData("/swagger/..%5c..%5cmaster.json")]
    [InlineData("/swagger/%252e%252e%252fmaster.json")]
    [InlineData("/swagger/....//....//etc/passwd")]
    [InlineData("/openapi/..%2f..%2fmaster.json")]
    [InlineData("/openapi/v1.json/../../../etc/passwd")]
    [InlineData("/o/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/o/%2e%2e%2fmaster.json")]
    [InlineData("/o/../../../../../etc/passwd")]
    [InlineData("/v1/ledger/tile/0/..%2f..%2fledger-keys.json")]
    [InlineData("/v1/ledger/tile/0/x001/../../../../../etc/passwd")]
    [InlineData("/v1/ledger/tile/0/%2e%2e/%2e%2e/%2e%2e/%2e%2e/master.json")]
    [InlineData("/v1/ledger/tile/entries/..%2f..%2f..%2fmaster.json")]
    [InlineData("/v1/ledger/tile/entries//etc/passwd")]
    [InlineData("/v1/ledger/receipts/..%2f..%2fmaster.json")]
    [InlineData("/v1/opt-outs/..%2f..%2fmaster.json")]
    [InlineData("/.well-known/..%2fmaster.json")]
    [InlineData("/master.json")]
    [InlineData("/appsettings.json")]
    [InlineData("/OptOut.Service.dll")]
    [InlineData("/%00/etc/passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("/file:///etc/passwd")]
    public async Task A_path_that_climbs_or_names_a_file_reads_nothing(string path)
    {
        var answer = await AskAsync(path);

        Assert.Matches(@"\AHTTP/1\.1 (400|404) ", answer);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
        var keys = await File.ReadAllTextAsync(Path.Combine(recording.Service.Directory, "master.json"), Cancellation);
        Assert.DoesNotContain(
            keys.Split('"').Where(word => word.Length >= 40), word => answer.Contains(word, StringComparison.Ordinal));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task<string> AskAsync(string path)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, recording.Service.Http.BaseAddress!.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RunningService.BootstrapKey}\r\n"
            + "Connection: close\r\n\r\n"), Cancellation);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancellation);
    }
}

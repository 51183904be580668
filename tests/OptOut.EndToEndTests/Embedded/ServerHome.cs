using System.Security.Cryptography;

namespace OptOut.EndToEndTests.Embedded;

/// <summary>A directory of one test's own, removed with it.</summary>
public abstract class ServerHome : IDisposable
{
    protected string Home { get; } =
        Path.Combine(Path.GetTempPath(), $"optout-e2e-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(Home))
            Directory.Delete(Home, recursive: true);
        GC.SuppressFinalize(this);
    }
}

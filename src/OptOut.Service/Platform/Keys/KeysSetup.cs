using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Platform.Keys;

/// <summary>Everything that is derived from the master key.</summary>
internal static class KeysSetup
{
    public static IServiceCollection AddKeys(this IServiceCollection services, KeyRing ring) => services
        .AddSingleton(ring)
        .AddSingleton<IdentifierHasher>()
        .AddSingleton<SubjectKeyWrap>()
        .AddSingleton<SecretBox>()
        .AddSingleton<LinkToken>()
        .AddSingleton<Cursor>()
        .AddSingleton<MasterKeyWatch>()
        .AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<MasterKeyWatch>())
        .AddHostedService(provider => provider.GetRequiredService<MasterKeyWatch>())
        .AddSingleton<ICursors, KeyedCursors>();

    private sealed class KeyedCursors(Cursor cursor) : ICursors
    {
        public string Seal(string filterDigestInput, ReadOnlySpan<byte> position) =>
            cursor.Seal(filterDigestInput, position);

        public bool TryOpen(string? text, string filterDigestInput, out byte[] position) =>
            cursor.TryOpen(text, filterDigestInput, out position);
    }
}

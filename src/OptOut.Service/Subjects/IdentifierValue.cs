using System.Text;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Subjects;

/// <summary>An identifier's value at rest: encrypted under the subject's key, bound to its own row.</summary>
internal static class IdentifierValue
{
    public static byte[] Encrypt(SubjectKey key, Guid identifierId, string value) =>
        key.Encrypt(Encoding.UTF8.GetBytes(value), identifierId.ToByteArray());

    public static string Decrypt(SubjectKey key, Guid identifierId, ReadOnlySpan<byte> ciphertext) =>
        Encoding.UTF8.GetString(key.Decrypt(ciphertext, identifierId.ToByteArray()));
}

using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access.Keys;

/// <summary>What a key may be, decided without the database.</summary>
internal static class KeyRules
{
    public const int MaxOverlapSeconds = 7 * 24 * 60 * 60;

    public static readonly ProblemKind RolesConflict = new(422, "roles_conflict", "These roles may not stand together.",
        "A portal key stands for the person and cannot be operator, admin or system; a system's key is nothing else.");

    public static Problem? Check(NewKey key)
    {
        if (key.Name.Trim().Length is 0 || key.Name.Length > ApiKeys.MaxNameLength || key.Name.Any(char.IsControl))
        {
            return ProblemKinds.ValidationFailed.At(
                "/name", "invalid_value", $"1 to {ApiKeys.MaxNameLength} characters, none of them control characters.");
        }

        if (!Roles.TryParse(key.Roles, out var roles))
            return ProblemKinds.ValidationFailed.At("/roles", "invalid_value", "Known roles, each once, at least one.");
        return roles.Conflict ? RolesConflict.At("/roles", "roles_conflict", RolesConflict.Meaning) : null;
    }

    public static Problem? Check(KeyRotation rotation) => rotation.OverlapSeconds is null or (>= 0 and <= MaxOverlapSeconds)
        ? null
        : ProblemKinds.ValidationFailed.At("/overlapSeconds", "out_of_range", $"0 to {MaxOverlapSeconds}.");

    /// <summary>Whether a path names a key at all; what does not is simply not found.</summary>
    public static bool IsKeyId(string id) => id.Length == 16 && id.All(char.IsAsciiHexDigitLower);
}

namespace OptOut.Contracts.Identifiers;

/// <summary>The identifier types that every installation has.</summary>
internal static class IdentifierTypes
{
    public const string Email = "email";
    public const string Phone = "phone";
    public const string UserId = "user_id";
    public const string DeviceId = "device_id";

    /// <summary>Characters of a value after trimming: 64 + 1 + 255 of an address.</summary>
    public const int MaxLength = 320;

    public static bool IsBuiltIn(string name) => name is Email or Phone or UserId or DeviceId;
}

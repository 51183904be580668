namespace OptOut.Contracts.Scopes;

/// <summary>
/// The channels, in their stored order: a channel's byte is its place here and stands in links and rows, so the order
/// never changes and new ones go to the end.
/// </summary>
internal static class Channels
{
    public const string Any = "any";
    public const string Email = "email";
    public const string Sms = "sms";
    public const string Phone = "phone";
    public const string Post = "post";
    public const string Push = "push";
    public const string Ads = "ads";

    private static readonly string[] Names = [Any, Email, Sms, Phone, Post, Push, Ads];

    public static IReadOnlyList<string> All => Names;

    public static bool IsKnown(string? name) => Array.IndexOf(Names, name) >= 0;

    public static bool TryGetByte(string? name, out byte value)
    {
        var index = Array.IndexOf(Names, name);
        value = (byte)Math.Max(index, 0);
        return index >= 0;
    }

    public static bool TryGetName(byte value, out string name)
    {
        name = value < Names.Length ? Names[value] : "";
        return value < Names.Length;
    }
}

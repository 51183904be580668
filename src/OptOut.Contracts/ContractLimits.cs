namespace OptOut.Contracts;

/// <summary>Bounds that both sides keep. A message beyond them is refused before it is parsed.</summary>
public static class ContractLimits
{
    /// <summary>The largest event or acknowledgement, in bytes of UTF-8.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    /// <summary>The deepest nesting of a JSON body.</summary>
    public const int MaxJsonDepth = 32;

    /// <summary>The most acknowledgements of one HTTP request.</summary>
    public const int MaxAcknowledgementsPerRequest = 1_000;

    /// <summary>The most identifiers of one event.</summary>
    public const int MaxIdentifiers = 100;

    /// <summary>The most actions of one acknowledgement.</summary>
    public const int MaxActions = 100;

    /// <summary>The longest name of an asset or a method in an action, in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>The longest reason of an acknowledgement, in characters.</summary>
    public const int MaxReasonLength = 500;

    /// <summary>The longest name of a system, in characters.</summary>
    public const int MaxSystemNameLength = 63;

    /// <summary>How far the signed time of an HTTP message may lie from the receiver's clock, either way.</summary>
    public static readonly TimeSpan SignatureTolerance = TimeSpan.FromMinutes(5);
}

namespace OptOut.Service.Propagation;

/// <summary>The states of a delivery, as docs/lifecycle.md describes them and the database checks them.</summary>
internal static class DeliveryStates
{
    public const string Pending = "pending";
    public const string Sent = "sent";
    public const string Received = "received";
    public const string Applied = "applied";
    public const string NoMatch = "no_match";
    public const string Refused = "refused";
    public const string Retrying = "retrying";
    public const string Parked = "parked";
    public const string Superseded = "superseded";
    public const string Verified = "verified";

    public static readonly IReadOnlyList<string> All =
        [Pending, Sent, Received, Applied, NoMatch, Refused, Retrying, Parked, Superseded, Verified];

    /// <summary>The states that end a delivery.</summary>
    public static readonly IReadOnlyList<string> Closed = [Applied, NoMatch, Refused, Superseded, Verified];

    public static bool IsClosed(string state) => Closed.Contains(state);
}

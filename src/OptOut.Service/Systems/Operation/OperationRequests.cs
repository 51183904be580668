namespace OptOut.Service.Systems.Operation;

/// <summary>Why a system is paused or resumed.</summary>
/// <param name="Reason">1 to 200 characters; stands with the system.</param>
public sealed record ReasonRequest(string Reason);

/// <summary>How a secret is replaced.</summary>
/// <param name="OverlapSeconds">How long the old secret stays valid, 0 to 604,800; 0 ends it at once.</param>
public sealed record RotationRequest(int OverlapSeconds);

/// <summary>The new secret, shown this once.</summary>
/// <param name="Secret"><c>whsec_</c> and base64.</param>
/// <param name="PreviousExpiresAt">Until when the one before is valid too, by the database's clock.</param>
public sealed record RotationAnswer(string Secret, DateTimeOffset PreviousExpiresAt);

/// <summary>From when on everything open is sent again.</summary>
/// <param name="Since">Deliveries recorded at this time or later; a time that has passed.</param>
public sealed record ReplayRequest(DateTimeOffset Since);

/// <summary>A replay that has begun.</summary>
/// <param name="ReplayId"><c>rpl_</c> and 32 hex digits; stands in the ledger's evidence.</param>
/// <param name="System">Whose deliveries.</param>
/// <param name="Since">As asked.</param>
/// <param name="StartedAt">What was recorded later is not touched.</param>
public sealed record ReplayAnswer(string ReplayId, string System, DateTimeOffset Since, DateTimeOffset StartedAt);

/// <summary>A test that is under way: read the delivery to see what the system did.</summary>
/// <param name="System">Which system.</param>
/// <param name="DeliveryId"><c>dlv_</c> and 32 hex digits.</param>
/// <param name="OptOutId">The synthetic stop, one for each system.</param>
/// <param name="Version">Its version; each test writes one.</param>
public sealed record SystemTestAnswer(string System, string DeliveryId, string OptOutId, int Version);

using OptOut.Service.Platform.Background;

namespace OptOut.Service.Systems.Backfill;

/// <summary>Wakes this process's backfill after a registration.</summary>
internal sealed class BackfillSignal : WakeSignal;

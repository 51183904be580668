using OptOut.Service.Platform.Background;

namespace OptOut.Service.Propagation.Redrives;

/// <summary>Wakes this process's redrives.</summary>
internal sealed class RedriveSignal : WakeSignal;

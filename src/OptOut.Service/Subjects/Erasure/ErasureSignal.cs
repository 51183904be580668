using OptOut.Service.Platform.Background;

namespace OptOut.Service.Subjects.Erasure;

/// <summary>Wakes the eraser of this process.</summary>
internal sealed class ErasureSignal : WakeSignal;

using Microsoft.Extensions.Options;
using OptOut.Client.Gate.Snapshots;

namespace OptOut.Client.Gate;

/// <summary>Lists every fault of the configuration at once, without repeating a key.</summary>
internal sealed class SuppressionGateOptionsValidator : IValidateOptions<SuppressionGateOptions>
{
    private const int LargestQueue = 1_000_000;

    public ValidateOptionsResult Validate(string? name, SuppressionGateOptions options)
    {
        List<string> faults = [];
        Check(IsWithin(options.StalenessBound, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            "StalenessBound must lie in 1 s…5 min.");
        Check(options.SnapshotPath is null == options.SnapshotKey is null, "Set both of SnapshotPath and SnapshotKey, or none.");
        Check(options.SnapshotKey is null || SnapshotKey.TryParse(options.SnapshotKey) is not null,
            $"SnapshotKey must be {SnapshotKey.Bytes} bytes in base64.");
        Check(IsWithin(options.SnapshotInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            "SnapshotInterval must lie in 1 s…1 day.");
        Check(IsWithin(options.MaxSnapshotAge, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            "MaxSnapshotAge must lie in 1 min…30 days.");
        Check(options.ReportQueue is >= 1 and <= LargestQueue, $"ReportQueue must lie in 1…{LargestQueue}.");
        Check(IsWithin(options.ReportInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            "ReportInterval must lie in 10 ms…1 min.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check(bool holds, string fault)
        {
            if (!holds) faults.Add(fault);
        }
    }

    private static bool IsWithin(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;
}

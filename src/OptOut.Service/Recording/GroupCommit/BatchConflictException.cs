namespace OptOut.Service.Recording.GroupCommit;

/// <summary>Another replica changed what this batch had read; the batch is read and decided again.</summary>
internal sealed class BatchConflictException() : Exception("Another replica was faster; the batch is tried again.");

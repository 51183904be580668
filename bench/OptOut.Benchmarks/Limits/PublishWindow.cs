namespace OptOut.Benchmarks.Limits;

/// <summary>How many publishes may be without their confirm; a full one waits until half of it is free again.</summary>
internal sealed class PublishWindow(int size)
{
    private readonly Lock gate = new();
    private readonly HashSet<ulong> ahead = [];
    private TaskCompletionSource? room;
    private ulong confirmedUpTo;
    private long published;
    private long confirmed;

    public long Confirmed => Interlocked.Read(ref confirmed);

    public ValueTask EnterAsync()
    {
        lock (gate)
        {
            if (published++ - confirmed < size)
                return ValueTask.CompletedTask;
            room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(room.Task);
        }
    }

    /// <summary>Confirms come singly, in any order, or all up to a number.</summary>
    public void Confirm(ulong number, bool multiple)
    {
        lock (gate)
        {
            if (multiple)
            {
                while (confirmedUpTo < number)
                    Count(++confirmedUpTo);
            }
            else if (number > confirmedUpTo)
            {
                ahead.Add(number);
                confirmed++;
            }

            while (ahead.Remove(confirmedUpTo + 1))
                confirmedUpTo++;
            if (room is null || published - confirmed > size / 2)
                return;
            room.TrySetResult();
            room = null;
        }
    }

    private void Count(ulong number)
    {
        if (!ahead.Remove(number))
            confirmed++;
    }
}

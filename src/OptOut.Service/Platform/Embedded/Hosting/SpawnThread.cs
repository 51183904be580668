using System.Collections.Concurrent;
using System.Diagnostics;

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>
/// Starts every child from one thread that never exits. Linux sends the parent-death signal when the *thread* that
/// forked ends, so a child started from a pool thread would be ended at random.
/// </summary>
internal static class SpawnThread
{
    private static readonly Lazy<BlockingCollection<Action>> Queue = new(Open);

    public static Process Start(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Queue.Value.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception fault)
            {
                started.SetException(fault);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static BlockingCollection<Action> Open()
    {
        var queue = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in queue.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "embedded-server-spawn" }.Start();
        return queue;
    }
}

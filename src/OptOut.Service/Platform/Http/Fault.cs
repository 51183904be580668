using System.Net.Sockets;
using Npgsql;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// What an unexpected exception is called and answered. Its message is never used: drivers and parsers quote values.
/// </summary>
internal readonly record struct Fault(Problem Problem, string Type, string? SqlState)
{
    private const int MaxInner = 5;

    private static readonly TimeSpan StorageRetry = TimeSpan.FromSeconds(2);

    public static Fault Of(Exception exception)
    {
        var inner = exception;
        for (var i = 0; i < MaxInner && inner is not null; i++, inner = inner.InnerException)
        {
            switch (inner)
            {
                case BadHttpRequestException bad:
                    return new Fault(ProblemKinds.ForStatus(bad.StatusCode).With(), nameof(BadHttpRequestException), null);
                case NpgsqlException storage:
                    return new Fault(
                        IsUnavailable(storage)
                            ? new Problem(ProblemKinds.StorageUnavailable, RetryAfter: StorageRetry)
                            : ProblemKinds.InternalError.With(),
                        NameOf(exception), storage.SqlState);
            }
        }

        return new Fault(ProblemKinds.InternalError.With(), NameOf(exception), null);
    }

    // Class 08 connection, 53 resources, 57 operator intervention (57014: our own time-out), 58 system error;
    // 25006: this server has become a standby; transient covers broken connections, deadlocks and serialisation failures.
    private static bool IsUnavailable(NpgsqlException exception) =>
        exception.IsTransient
        || exception.InnerException is TimeoutException or IOException or SocketException
        || exception.SqlState is "25006"
        || exception.SqlState is { Length: 5 } state && state[..2] is "08" or "53" or "57" or "58";

    private static string NameOf(Exception exception) => exception.GetType().FullName ?? exception.GetType().Name;
}

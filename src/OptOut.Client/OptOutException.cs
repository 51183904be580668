using System.Net;

namespace OptOut.Client;

/// <summary>A call that did not succeed. Messages hold no identifier and no key.</summary>
public abstract class OptOutException : Exception
{
    private protected OptOutException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>
/// The service could not be reached, did not answer in time, or answered with what is none of its answers. Whether the
/// call took effect is not known.
/// </summary>
public sealed class OptOutUnreachableException : OptOutException
{
    internal OptOutUnreachableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The service refused a call, with a problem document (RFC 9457).</summary>
public class OptOutProblemException : OptOutException
{
    internal OptOutProblemException(OptOutProblem problem, TimeSpan? retryAfter)
        : base($"The service answered {problem.Status} {problem.Code} (request {problem.RequestId}).")
    {
        Problem = problem;
        RetryAfter = retryAfter;
    }

    /// <summary>The whole document.</summary>
    public OptOutProblem Problem { get; }

    /// <summary>What programs branch on: stable, snake_case. See <c>OptOut.Contracts.ProblemCodes</c>.</summary>
    public string Code => Problem.Code;

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => (HttpStatusCode)Problem.Status;

    /// <summary>The id under which the service's logs have this request.</summary>
    public string RequestId => Problem.RequestId;

    /// <summary>The faults of the body, by JSON Pointer; empty where it was not at fault.</summary>
    public IReadOnlyList<OptOutFieldError> Errors => Problem.Errors ?? [];

    /// <summary>How long the service asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    internal static OptOutProblemException Of(OptOutProblem problem, TimeSpan? retryAfter) => problem.Status switch
    {
        401 or 403 => new OptOutAccessException(problem, retryAfter),
        404 => new OptOutNotFoundException(problem, retryAfter),
        400 or 413 or 415 or 422 => new OptOutInvalidRequestException(problem, retryAfter),
        409 or 412 or 428 => new OptOutConflictException(problem, retryAfter),
        429 or >= 500 => new OptOutUnavailableException(problem, retryAfter),
        _ => new OptOutProblemException(problem, retryAfter),
    };
}

/// <summary>401 or 403: the key is not valid, or lacks the role.</summary>
public sealed class OptOutAccessException : OptOutProblemException
{
    internal OptOutAccessException(OptOutProblem problem, TimeSpan? retryAfter)
        : base(problem, retryAfter)
    {
    }
}

/// <summary>404: nothing is there, or nothing that the caller may see.</summary>
public sealed class OptOutNotFoundException : OptOutProblemException
{
    internal OptOutNotFoundException(OptOutProblem problem, TimeSpan? retryAfter)
        : base(problem, retryAfter)
    {
    }
}

/// <summary>400, 413, 415 or 422: the request breaks a rule; repeating it changes nothing.</summary>
public sealed class OptOutInvalidRequestException : OptOutProblemException
{
    internal OptOutInvalidRequestException(OptOutProblem problem, TimeSpan? retryAfter)
        : base(problem, retryAfter)
    {
    }
}

/// <summary>409, 412 or 428: the present state does not allow it; read again and decide anew.</summary>
public sealed class OptOutConflictException : OptOutProblemException
{
    internal OptOutConflictException(OptOutProblem problem, TimeSpan? retryAfter)
        : base(problem, retryAfter)
    {
    }
}

/// <summary>429 or 5xx: the service cannot answer now.</summary>
public sealed class OptOutUnavailableException : OptOutProblemException
{
    internal OptOutUnavailableException(OptOutProblem problem, TimeSpan? retryAfter)
        : base(problem, retryAfter)
    {
    }
}

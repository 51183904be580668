using System.Diagnostics.CodeAnalysis;

namespace OptOut.Service.Platform.Http;

/// <summary>What came of reading one JSON value: the value, or the problem; and the bytes it was read from.</summary>
internal readonly struct Body<T>
    where T : class
{
    private readonly T? value;

    private Body(T? value, Problem? problem, ReadOnlyMemory<byte> raw)
    {
        this.value = value;
        Problem = problem;
        Raw = raw;
    }

    public Problem? Problem { get; }

    /// <summary>The bytes, exactly as sent.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <exception cref="InvalidOperationException">The body was refused.</exception>
    public T Value => value ?? throw new InvalidOperationException("The body was refused; look at Problem first.");

    public static Body<T> Read(T value, ReadOnlyMemory<byte> raw) => new(value, null, raw);

    public static Body<T> Refused(Problem problem, ReadOnlyMemory<byte> raw) => new(null, problem, raw);

    public bool TryGet([NotNullWhen(true)] out T? read, [NotNullWhen(false)] out Problem? problem)
    {
        read = value;
        problem = Problem;
        return read is not null;
    }
}

/// <summary>The items of a batch in their order, or why the batch as a whole was refused.</summary>
internal readonly record struct Batch<T>(IReadOnlyList<Body<T>> Items, ReadOnlyMemory<byte> Raw, Problem? Problem)
    where T : class;

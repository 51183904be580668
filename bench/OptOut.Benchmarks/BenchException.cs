namespace OptOut.Benchmarks;

/// <summary>A measurement could not be made; the message says why and stands in the report in the number's place.</summary>
internal sealed class BenchException(string message) : Exception(message);

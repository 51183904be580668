namespace OptOut.Contracts.Scopes;

/// <summary>
/// What a stop covers: a purpose of the dotted tree (<c>all</c> is its root) and a channel (<c>any</c> is above each).
/// </summary>
internal readonly record struct Scope(string Purpose, string Channel);

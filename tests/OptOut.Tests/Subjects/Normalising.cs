using OptOut.Contracts.Identifiers;

namespace OptOut.Tests.Subjects;

/// <summary>The normaliser with and without a default region, as the tables use it.</summary>
internal static class Normalising
{
    public static readonly IdentifierNormaliser Plain = new(new IdentifierOptions());

    public static NormalisedIdentifier Accept(string type, string value, IdentifierNormaliser? normaliser = null)
    {
        Assert.True((normaliser ?? Plain).TryNormalise(type, value, out var identifier, out var refusal),
            refusal?.Code);
        Assert.Null(refusal);
        Assert.Equal(type, identifier.Type);
        Assert.Equal(identifier.Value, identifier.MatchForms[0]);
        return identifier;
    }

    public static string Refuse(string type, string value, IdentifierNormaliser? normaliser = null)
    {
        Assert.False((normaliser ?? Plain).TryNormalise(type, value, out var identifier, out var refusal),
            identifier?.Value);
        Assert.Null(identifier);
        if (value is { Length: > 2 }) Assert.DoesNotContain(value, refusal.Detail, StringComparison.Ordinal);
        return refusal.Code;
    }

    public static IdentifierNormaliser In(string region) => new(new IdentifierOptions { DefaultRegion = region });
}

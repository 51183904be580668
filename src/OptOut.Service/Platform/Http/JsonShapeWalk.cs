using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OptOut.Service.Platform.Http;

/// <summary>Compares a parsed body with the type it should have been, and collects the differences with their pointers.</summary>
internal sealed class JsonShapeWalk(JsonSerializerOptions options)
{
    private const int MaxShownName = 40;

    private readonly List<(ProblemKind Kind, FieldError Error)> faults = [];

    public void Visit(JsonElement element, JsonTypeInfo type, string pointer)
    {
        if (faults.Count >= JsonFaults.MaxErrors) return;
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when Is(element, JsonValueKind.Object, pointer, "An object is expected."):
                VisitObject(element, type, pointer);
                break;
            case JsonTypeInfoKind.Enumerable when Is(element, JsonValueKind.Array, pointer, "An array is expected."):
                VisitArray(element, type, pointer);
                break;
            case JsonTypeInfoKind.Dictionary when Is(element, JsonValueKind.Object, pointer, "An object is expected."):
                VisitDictionary(element, type, pointer);
                break;
            case JsonTypeInfoKind.None:
                VisitLeaf(element, type, pointer);
                break;
        }
    }

    public Problem? ToProblem()
    {
        if (faults.Count == 0) return null;
        var syntax = faults.Where(f => f.Kind.Status == 400).ToArray();
        return syntax.Length > 0
            ? new Problem(syntax[0].Kind, Errors: [.. syntax.Select(f => f.Error)])
            : new Problem(ProblemKinds.ValidationFailed, Errors: [.. faults.Select(f => f.Error)]);
    }

    private void VisitObject(JsonElement element, JsonTypeInfo type, string pointer)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            if (faults.Count >= JsonFaults.MaxErrors) return;
            var property = type.Properties.FirstOrDefault(p => p.Name == member.Name && !p.IsExtensionData);
            var at = property is null ? Shown(pointer, member.Name) : Append(pointer, member.Name);
            if (!seen.Add(member.Name))
                Add(ProblemKinds.DuplicateMember, at, "The member appears twice.");
            else if (property is null)
                AddUnknown(type, at);
            else if (member.Value.ValueKind == JsonValueKind.Null && !AllowsNull(property))
                AddRule(at, "required", "A value is needed.");
            else if (member.Value.ValueKind != JsonValueKind.Null)
                Visit(member.Value, options.GetTypeInfo(property.PropertyType), at);
        }

        foreach (var property in type.Properties)
            if (IsRequired(property) && !seen.Contains(property.Name))
                AddRule(Append(pointer, property.Name), "required", "The member is missing.");
    }

    private void VisitArray(JsonElement element, JsonTypeInfo type, string pointer)
    {
        var itemType = options.GetTypeInfo(type.ElementType!);
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (faults.Count >= JsonFaults.MaxErrors) return;
            var at = $"{pointer}/{index++}";
            if (item.ValueKind == JsonValueKind.Null) AddRule(at, "required", "An element may not be null.");
            else Visit(item, itemType, at);
        }
    }

    private void VisitDictionary(JsonElement element, JsonTypeInfo type, string pointer)
    {
        var itemType = options.GetTypeInfo(type.ElementType!);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            if (faults.Count >= JsonFaults.MaxErrors) return;
            var at = Shown(pointer, member.Name);
            if (!seen.Add(member.Name)) Add(ProblemKinds.DuplicateMember, at, "The member appears twice.");
            else if (member.Value.ValueKind == JsonValueKind.Null) AddRule(at, "required", "A value is needed.");
            else Visit(member.Value, itemType, at);
        }
    }

    private void VisitLeaf(JsonElement element, JsonTypeInfo type, string pointer)
    {
        var expected = JsonLeaf.Expected(type.Type);
        if (expected is not null && expected != JsonLeaf.Of(element.ValueKind))
        {
            Add(ProblemKinds.WrongType, pointer, $"A JSON {expected} is expected.");
            return;
        }

        try
        {
            element.Deserialize(type);
        }
        catch (JsonException)
        {
            AddRule(pointer, "invalid_value", JsonLeaf.Rule(type.Type));
        }
    }

    private bool Is(JsonElement element, JsonValueKind kind, string pointer, string expectation)
    {
        if (element.ValueKind == kind) return true;
        Add(ProblemKinds.WrongType, pointer, expectation);
        return false;
    }

    private static bool IsRequired(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false };

    private static bool AllowsNull(JsonPropertyInfo property)
    {
        if (property.PropertyType.IsValueType) return Nullable.GetUnderlyingType(property.PropertyType) is not null;
        return property.AssociatedParameter?.IsNullable ?? property.IsSetNullable;
    }

    private void AddUnknown(JsonTypeInfo type, string at)
    {
        if (type.UnmappedMemberHandling != System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip)
            Add(ProblemKinds.UnknownMember, at, "The contract names no such member.");
    }

    private void Add(ProblemKind kind, string pointer, string detail) =>
        faults.Add((kind, new FieldError(pointer, kind.Code, detail)));

    private void AddRule(string pointer, string code, string detail) =>
        faults.Add((ProblemKinds.ValidationFailed, new FieldError(pointer, code, detail)));

    // A member's name was chosen by the caller and could be an identifier: only plain words are repeated.
    private static string Shown(string pointer, string name) =>
        name.Length is > 0 and <= MaxShownName && name.All(c => char.IsAsciiLetter(c) || c is '_' or '-')
            ? Append(pointer, name)
            : pointer;

    private static string Append(string pointer, string name) =>
        $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
}

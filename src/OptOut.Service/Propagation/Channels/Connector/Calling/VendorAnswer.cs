using System.Text.Json;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector.Calling;

/// <summary>What a vendor answered: its status and as much of the body as is ever read, or how the try ended without one.</summary>
/// <param name="Outcome">By the status alone where there is one.</param>
internal sealed record VendorAnswer(AttemptOutcome Outcome, int? Status, byte[] Body, TimeSpan? RetryAfter)
{
    public static VendorAnswer Without(AttemptOutcome outcome, int? status = null) => new(outcome, status, [], null);

    /// <summary>The meaning that the first fitting rule gives it; null where none fits.</summary>
    public OutcomeRule<T>? Read<T>(IReadOnlyList<OutcomeRule<T>> rules, TemplateValues values)
        where T : struct, Enum
    {
        if (Status is not { } status)
            return null;
        JsonDocument? document = null;
        try
        {
            foreach (var rule in rules)
            {
                if (!rule.Statuses.Any(range => range.Holds(status)))
                    continue;
                if (rule.Test is null)
                    return rule;
                document ??= Parse();
                if (document is not null && Holds(rule.Test, document.RootElement, values))
                    return rule;
            }

            return null;
        }
        finally
        {
            document?.Dispose();
        }
    }

    private static bool Holds(BodyTest test, JsonElement document, TemplateValues values)
    {
        var found = test.Place.Find(document);
        if (test.Exists is { } wanted)
            return found is not null == wanted;
        if (found is not { } element)
            return false;
        var texts = element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().Select(TextOf) : [TextOf(element)];
        if (test.Contains is { } part)
            return texts.Any(text => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true);
        var wants = test.AnyOf.Select(template => template.Render(values, TemplateContext.Text)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return texts.Any(text => text is not null && wants.Contains(text));
    }

    private static string? TextOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
        _ => null,
    };

    private JsonDocument? Parse()
    {
        try
        {
            return JsonDocument.Parse(Body, new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException)
        {
            // An error page behind a 200 fits no rule about the body.
            return null;
        }
    }
}

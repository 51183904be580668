using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace OptOut.Service.Portal.Pages;

/// <summary>The words of the person's pages in one language.</summary>
internal sealed record PageTexts(string Language, FrozenDictionary<string, string> Channels)
{
    public required string AskTitle { get; init; }
    public required string AskLead { get; init; }
    public required string Button { get; init; }
    public required string AskNote { get; init; }
    public required string RecordedTitle { get; init; }
    public required string RecordedLead { get; init; }
    public required string UnknownTitle { get; init; }
    public required string UnknownLead { get; init; }
    public required string LaterTitle { get; init; }
    public required string LaterLead { get; init; }

    /// <summary>More languages than this in one header are not looked at.</summary>
    private const int MaxLanguages = 20;

    /// <summary>The reader's language by Accept-Language, English where we have none of theirs.</summary>
    public static PageTexts For(HttpContext http) => For(http.Request.Headers.AcceptLanguage.ToArray());

    internal static PageTexts For(IEnumerable<string?> acceptLanguage)
    {
        if (!StringWithQualityHeaderValue.TryParseList([.. acceptLanguage.OfType<string>()], out var wanted))
            return PageLanguages.English;
        // The order of equals is the reader's own, and the sort keeps it.
        return wanted.Take(MaxLanguages).Where(language => language.Quality != 0)
            .OrderByDescending(language => language.Quality ?? 1)
            .Select(language => PageLanguages.Find(language.Value.AsSpan()))
            .FirstOrDefault(texts => texts is not null) ?? PageLanguages.English;
    }
}

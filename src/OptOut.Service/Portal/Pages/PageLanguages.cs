using System.Collections.Frozen;

namespace OptOut.Service.Portal.Pages;

/// <summary>The languages that the pages speak.</summary>
internal static class PageLanguages
{
    public static readonly PageTexts English = new("en", Channels(
        "on every channel", "by e-mail", "by text message", "by phone", "by post", "by push message", "in advertising"))
    {
        AskTitle = "Opt out",
        AskLead = "With one press you opt out of:",
        Button = "Opt out now",
        AskNote = "Nothing has changed so far. You need no account.",
        RecordedTitle = "Your opt-out is recorded",
        RecordedLead = "It is in force now. You can close this page.",
        UnknownTitle = "This link does not work",
        UnknownLead = "Perhaps a part of it is missing. Please open it again from the message you received.",
        LaterTitle = "Please try once more",
        LaterLead = "We could not record your opt-out just now. Please press the button again in a moment.",
    };

    private static readonly PageTexts German = new("de", Channels(
        "auf allen Kanälen", "per E-Mail", "per SMS", "per Telefon", "per Post", "per Push-Nachricht",
        "in der Werbung"))
    {
        AskTitle = "Widersprechen",
        AskLead = "Mit einem Klick widersprechen Sie:",
        Button = "Jetzt widersprechen",
        AskNote = "Bisher wurde nichts geändert. Sie brauchen kein Konto.",
        RecordedTitle = "Ihr Widerspruch ist gespeichert",
        RecordedLead = "Er gilt ab sofort. Sie können diese Seite schließen.",
        UnknownTitle = "Dieser Link funktioniert nicht",
        UnknownLead = "Vielleicht fehlt ein Teil davon. Bitte öffnen Sie ihn noch einmal aus der Nachricht.",
        LaterTitle = "Bitte versuchen Sie es noch einmal",
        LaterLead = "Ihr Widerspruch konnte gerade nicht gespeichert werden. Bitte klicken Sie gleich noch einmal.",
    };

    private static readonly PageTexts French = new("fr", Channels(
        "par tous les canaux", "par e-mail", "par SMS", "par téléphone", "par courrier", "par notification",
        "dans la publicité"))
    {
        AskTitle = "S’opposer",
        AskLead = "En un clic, vous vous opposez à :",
        Button = "M’opposer maintenant",
        AskNote = "Rien n’a encore changé. Aucun compte n’est nécessaire.",
        RecordedTitle = "Votre opposition est enregistrée",
        RecordedLead = "Elle prend effet immédiatement. Vous pouvez fermer cette page.",
        UnknownTitle = "Ce lien ne fonctionne pas",
        UnknownLead = "Il est peut-être incomplet. Ouvrez-le de nouveau depuis le message reçu.",
        LaterTitle = "Veuillez réessayer",
        LaterLead = "Votre opposition n’a pas pu être enregistrée. Appuyez de nouveau sur le bouton dans un instant.",
    };

    private static readonly PageTexts Spanish = new("es", Channels(
        "por todos los canales", "por correo electrónico", "por SMS", "por teléfono", "por correo postal",
        "por notificación", "en la publicidad"))
    {
        AskTitle = "Darse de baja",
        AskLead = "Con un clic se da de baja de:",
        Button = "Darme de baja ahora",
        AskNote = "Todavía no ha cambiado nada. No necesita ninguna cuenta.",
        RecordedTitle = "Su baja está registrada",
        RecordedLead = "Ya está en vigor. Puede cerrar esta página.",
        UnknownTitle = "Este enlace no funciona",
        UnknownLead = "Quizá le falte una parte. Ábralo de nuevo desde el mensaje que recibió.",
        LaterTitle = "Inténtelo de nuevo",
        LaterLead = "No hemos podido registrar su baja. Pulse el botón otra vez dentro de un momento.",
    };

    public static IReadOnlyList<PageTexts> All { get; } = [English, German, French, Spanish];

    /// <summary>
    /// The texts for a tag such as <c>de-AT</c>; <c>*</c> is English; null for a language we do not speak.
    /// </summary>
    public static PageTexts? Find(ReadOnlySpan<char> tag)
    {
        var dash = tag.IndexOf('-');
        var primary = dash < 0 ? tag : tag[..dash];
        foreach (var texts in All)
        {
            if (primary.Equals(texts.Language, StringComparison.OrdinalIgnoreCase))
                return texts;
        }

        return primary is "*" ? English : null;
    }

    // In the stored order of channels, "any" first.
    private static FrozenDictionary<string, string> Channels(params ReadOnlySpan<string> words)
    {
        var channels = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < words.Length; i++)
            channels.Add(Contracts.Scopes.Channels.All[i], words[i]);
        return channels.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

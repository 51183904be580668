using OptOut.Service.Propagation.Channels.Connector.Templates;
using YamlDotNet.RepresentationModel;

namespace OptOut.Service.Propagation.Channels.Connector.Reading;

/// <summary>Reads templates and refuses fields that nothing fills: a misspelt one would go out empty.</summary>
internal sealed class TemplateReader(
    IReadOnlyCollection<string> settings, IReadOnlyCollection<string> secrets, bool hasLists)
{
    /// <summary>A template for what is sent about a person. No secret may stand in it.</summary>
    public Template? ReadCall(YamlCursor owner, YamlNode node, string path) =>
        Read(owner, node, path, allowFacts: true, allowSecrets: false);

    /// <summary>A template for what is the same for every call: settings only.</summary>
    public Template? ReadFixed(YamlCursor owner, string name, bool required = true) =>
        owner.Text(name, required) is null ? null
            : Read(owner, owner.Find(name)!, owner.PathOf(name), allowFacts: false, allowSecrets: false);

    /// <summary>A template that has to hold a secret by reference.</summary>
    public Template? ReadSecret(YamlCursor owner, string name, bool required = true)
    {
        if (owner.Text(name, required) is null)
            return null;
        var node = owner.Find(name)!;
        var template = Read(owner, node, owner.PathOf(name), allowFacts: false, allowSecrets: true);
        if (template is null || template.Fields.Any(f => f.StartsWith(TemplateFields.SecretPrefix, StringComparison.Ordinal)))
            return template;
        owner.Fault(node, owner.PathOf(name), "secret_in_clear",
            "A secret comes by reference: declare it under secrets and write {{secrets.NAME}}.");
        return null;
    }

    private Template? Read(YamlCursor owner, YamlNode node, string path, bool allowFacts, bool allowSecrets)
    {
        if (node is not YamlScalarNode { Value: { } text })
        {
            owner.Fault(node, path, "not_a_text", "A text is needed here.");
            return null;
        }

        if (Template.TryParse(text) is not { } template)
        {
            owner.Fault(node, path, "template_syntax", "Fields stand in double braces: {{identifier.value | lower}}.");
            return null;
        }

        var sound = true;
        foreach (var field in template.Fields)
            sound &= Check(owner, node, path, field, allowFacts, allowSecrets);
        foreach (var filter in template.Filters.Where(filter => !TemplateFilters.All.Contains(filter)))
        {
            owner.Fault(node, path, "template_filter_unknown", $"'{filter}' is none of {string.Join(", ", TemplateFilters.All)}.");
            sound = false;
        }

        return sound ? template : null;
    }

    private bool Check(YamlCursor owner, YamlNode node, string path, string field, bool allowFacts, bool allowSecrets)
    {
        var fault = field switch
        {
            _ when field.StartsWith(TemplateFields.SettingPrefix, StringComparison.Ordinal) =>
                settings.Contains(field[TemplateFields.SettingPrefix.Length..])
                    ? null : ("template_field_unknown", "No such setting is declared."),
            _ when field.StartsWith(TemplateFields.SecretPrefix, StringComparison.Ordinal) =>
                !secrets.Contains(field[TemplateFields.SecretPrefix.Length..])
                    ? ("template_field_unknown", "No such secret is declared.")
                    : allowSecrets ? null : ("secret_misplaced", "Secrets stand in authentication and nowhere else."),
            TemplateFields.List when !hasLists =>
                ("template_field_unknown", "The definition declares no lists."),
            _ when !TemplateFields.IsFact(field) =>
                ("template_field_unknown", $"Known: {string.Join(", ", TemplateFields.Names)}, settings.NAME."),
            _ when !allowFacts => ("template_field_misplaced", "Only settings can stand here."),
            _ => ((string, string)?)null,
        };
        if (fault is not var (code, detail))
            return true;
        owner.Fault(node, path, code, $"{{{{{field}}}}}: {detail}");
        return false;
    }
}

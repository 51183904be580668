using System.Net;
using System.Text;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector.Authentication;

/// <summary>Sends one request as the definition says that the vendor knows us, at its pace.</summary>
internal sealed class VendorCaller(VendorHttp http, VendorTokens tokens, VendorPace pace, TimeProvider clock)
{
    /// <exception cref="TemplateException">A value cannot stand where the definition puts it.</exception>
    public async Task<VendorAnswer> CallAsync(
        VendorTarget target, VendorRequest request, CallFacts facts, CancellationToken cancellationToken)
    {
        var composed = RequestComposer.Compose(request, target.Endpoint, target.Values(facts));
        await pace.WaitAsync(target.SystemId, target.Definition.Rate, cancellationToken);
        if (target.Definition.Authentication is VendorAuthentication.OAuth2 plan)
            return await CallWithTokenAsync(target, plan, composed, cancellationToken);
        var message = composed.ToMessage();
        foreach (var (name, value) in Headers(target, composed))
            message.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(message, cancellationToken);
    }

    /// <summary>A token may end between two calls of a batch: a refused one is replaced, once, and the call made again.</summary>
    private async Task<VendorAnswer> CallWithTokenAsync(
        VendorTarget target, VendorAuthentication.OAuth2 plan, ComposedRequest composed, CancellationToken cancellationToken)
    {
        string? refused = null;
        for (var turn = 1; ; turn++)
        {
            var token = await tokens.GetAsync(
                target.SystemId, plan, target.Endpoint, target.SecretValues, refused, cancellationToken);
            if (token.Text is null)
                return token.Answer.Outcome == AttemptOutcome.Interrupted
                    ? token.Answer
                    : token.Answer with { Outcome = AttemptOutcome.AuthenticationFailed, Body = [] };
            var message = composed.ToMessage();
            message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token.Text);
            var answer = await http.SendAsync(message, cancellationToken);
            if (answer.Status != (int)HttpStatusCode.Unauthorized || turn == 2)
                return answer;
            refused = token.Text;
        }
    }

    private IEnumerable<(string Name, string Value)> Headers(VendorTarget target, ComposedRequest composed)
    {
        string Text(Template template) => template.Render(target.SecretValues, TemplateContext.Header);
        return target.Definition.Authentication switch
        {
            VendorAuthentication.Bearer bearer => [("Authorization", "Bearer " + Text(bearer.Token))],
            VendorAuthentication.Basic basic => [("Authorization", "Basic " + Convert.ToBase64String(
                Encoding.UTF8.GetBytes($"{Text(basic.User)}:{Text(basic.Password)}")))],
            VendorAuthentication.Header header => [(header.Name, Text(header.Value))],
            VendorAuthentication.Aws aws => AwsSignature.Sign(composed, new AwsCredentials(
                Text(aws.AccessKey), Text(aws.SecretKey), aws.SessionToken is { } session ? Text(session) : null,
                Text(aws.Region), Text(aws.Service)), clock.GetUtcNow()),
            _ => [],
        };
    }
}

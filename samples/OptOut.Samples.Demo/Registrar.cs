using System.Text.Json.Nodes;

namespace OptOut.Samples.Demo;

/// <summary>
/// Registers the demo's systems. A secret is shown once, so it is kept; a later run registers again with it, and asks
/// for a new one only where the kept one is gone.
/// </summary>
internal sealed class Registrar(ServiceClient service, DemoState state)
{
    /// <summary>The secret that the system signs with from now on.</summary>
    public async Task<string> RegisterAsync(DemoSystem system, CancellationToken cancellationToken)
    {
        var path = $"/v1/systems/{system.Name}";
        var standing = await service.GetAsync(path, cancellationToken);
        var answer = await service.SendAsync(
            HttpMethod.Put, path, system.Registration(), cancellationToken, standing?.Tag);
        var secret = (string?)answer["secret"] ?? state.SecretOf(system.Name)
            ?? (string?)(await RotateAsync(path, cancellationToken))["secret"]
            ?? throw new DemoException($"{system.Name} is registered, and its secret cannot be had.");
        state.KeepSecret(system.Name, secret);
        return secret;
    }

    private Task<JsonNode> RotateAsync(string path, CancellationToken cancellationToken) =>
        service.SendAsync(HttpMethod.Post, $"{path}/rotate-secret",
            new JsonObject { ["overlapSeconds"] = 0 }, cancellationToken);
}

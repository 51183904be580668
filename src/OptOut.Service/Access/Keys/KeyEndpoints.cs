using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Access.Keys;

/// <summary>Keys over HTTP, for admins.</summary>
internal static class KeyEndpoints
{
    private const string Example =
        """
        { "id": "5f0c2a9b1d3e4f60", "name": "shop", "roles": ["recorder"], "expiresAt": null,
          "key": "oo_5f0c2a9b1d3e4f60_VGhpc0lzT25seUFuRXhhbXBsZUFuZE5vdEFLZXkwMDA" }
        """;

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/v1/keys").WithTags("Access").RequireRoles("admin")
            .Refuses(ProblemKinds.Unauthenticated, ProblemKinds.ScopeMissing, ProblemKinds.StorageUnavailable);

        keys.MapPost("", CreateAsync).WithName("CreateKey").WithSummary("Makes a key and shows it once.")
            .Refuses(ProblemKinds.ValidationFailed, KeyRules.RolesConflict)
            .WithBodies(typeof(NewKey), typeof(CreatedKey))
            .WithExample("""{ "name": "shop", "roles": ["recorder"], "expiresAt": null }""", Example, 201);
        keys.MapGet("", ListAsync).WithName("ListKeys").WithSummary("Lists the keys, never their secrets.")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.InvalidCursor)
            .WithListParameters().WithBodies(null, typeof(ListAnswer<ListedKey>))
            .WithExample(null,
                """
                { "data": [ { "id": "5f0c2a9b1d3e4f60", "name": "shop", "roles": ["recorder"], "createdBy": "key:0000000000000001",
                  "createdAt": "2026-11-20T15:00:00.000Z", "expiresAt": null, "revokedAt": null, "previousSecretUntil": null } ],
                  "nextCursor": null }
                """);
        keys.MapPost("/{id}/rotate", RotateAsync).WithName("RotateKey")
            .WithSummary("Gives the key a new secret; the old one holds for the overlap.")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.ValidationFailed)
            .WithBodies(typeof(KeyRotation), typeof(CreatedKey))
            .WithExample("""{ "overlapSeconds": 3600 }""", Example);
        keys.MapDelete("/{id}", RevokeAsync).WithName("RevokeKey")
            .WithSummary("Ends the key everywhere within five seconds.")
            .Refuses(ProblemKinds.NotFound)
            .WithExample(null, null, 204);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiKeys keys, Databases databases)
    {
        var body = await RequestBody.ReadAsync(http, KeysJson.Strict.NewKey);
        if (!body.TryGet(out var wanted, out var problem)) return problem;
        if (KeyRules.Check(wanted) is { } broken) return broken;

        await using var connection = await databases.Main.OpenConnectionAsync(http.RequestAborted);
        await using var transaction = await connection.BeginTransactionAsync(http.RequestAborted);
        var issued = await keys.IssueAsync(
            transaction, wanted.Name, wanted.Roles, wanted.ExpiresAt, http.Caller().Actor, http.RequestAborted);
        if (issued is null)
            return ProblemKinds.ValidationFailed.At("/expiresAt", "out_of_range", "A time in the future is needed.");
        await transaction.CommitAsync(http.RequestAborted);
        return TypedResults.Json(Shown(issued), KeysJson.Strict.CreatedKey, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext http, KeyList list, ICursors cursors) =>
        await list.AnswerAsync(http, cursors);

    private static async Task<IResult> RotateAsync(string id, HttpContext http, ApiKeys keys, Databases databases)
    {
        var rotation = new KeyRotation();
        if (!RequestBody.IsEmpty(http))
        {
            var body = await RequestBody.ReadAsync(http, KeysJson.Strict.KeyRotation);
            if (!body.TryGet(out var read, out var problem)) return problem;
            rotation = read;
        }

        if (KeyRules.Check(rotation) is { } broken) return broken;
        if (!KeyRules.IsKeyId(id)) return ProblemKinds.NotFound.With();
        await using var connection = await databases.Main.OpenConnectionAsync(http.RequestAborted);
        await using var transaction = await connection.BeginTransactionAsync(http.RequestAborted);
        var overlap = TimeSpan.FromSeconds(rotation.OverlapSeconds ?? 0);
        var issued = await keys.RotateAsync(transaction, id, overlap, http.Caller().Actor, http.RequestAborted);
        if (issued is null) return ProblemKinds.NotFound.With("No key with this id holds.");
        await transaction.CommitAsync(http.RequestAborted);
        keys.Changed(id);
        return TypedResults.Json(Shown(issued), KeysJson.Strict.CreatedKey);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext http, ApiKeys keys, Databases databases)
    {
        if (!KeyRules.IsKeyId(id)) return ProblemKinds.NotFound.With();
        await using var connection = await databases.Main.OpenConnectionAsync(http.RequestAborted);
        await using var transaction = await connection.BeginTransactionAsync(http.RequestAborted);
        if (!await keys.RevokeAsync(transaction, id, http.Caller().Actor, http.RequestAborted))
            return ProblemKinds.NotFound.With();
        await transaction.CommitAsync(http.RequestAborted);
        keys.Changed(id);
        return TypedResults.NoContent();
    }

    private static CreatedKey Shown(IssuedKey key) => new(key.Id, key.Name, key.Roles, key.ExpiresAt, key.Key);
}

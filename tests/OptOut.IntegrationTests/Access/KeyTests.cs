using System.Diagnostics;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Platform.Database;

namespace OptOut.IntegrationTests.Access;

public sealed class KeyTests(Servers servers) : IAsyncLifetime
{
    private DatabaseOptions databases = null!;
    private AccessApp app = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        databases = await AccessApp.MigrateAsync(await servers.CreateDatabaseAsync());
        app = await AccessApp.StartAsync(databases);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task A_key_is_shown_once_works_at_once_and_its_secret_is_nowhere_in_the_database()
    {
        var (id, key) = await app.NewKeyAsync("\"recorder\"");
        Assert.Equal((200, "shop"), (await StatusAsync(key), (await app.SendAsync("GET", "/recorder", key)).Body));

        var list = await app.SendAsync("GET", "/v1/keys", AccessApp.Bootstrap);
        Assert.Contains(id, list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(key[20..], list.Body, StringComparison.Ordinal);
        Assert.Equal(0L, await ScalarAsync($"SELECT count(*) FROM optout.api_key k WHERE k::text LIKE '%{key[20..]}%'"));
        Assert.Equal(1L, await ScalarAsync(
            $"SELECT count(*) FROM optout.api_key WHERE secret_hash = sha256('{key[20..]}'::bytea)"));
    }

    [Fact]
    public async Task A_revocation_on_one_replica_holds_on_another_within_five_seconds()
    {
        await using var other = await AccessApp.StartAsync(databases);
        var (id, key) = await app.NewKeyAsync("\"recorder\"");
        Assert.Equal(200, (await other.SendAsync("GET", "/recorder", key)).Status);

        Assert.Equal(204, (await app.SendAsync("DELETE", $"/v1/keys/{id}", AccessApp.Bootstrap)).Status);
        var revoked = Stopwatch.GetTimestamp();
        Assert.Equal(401, await StatusAsync(key));
        while ((await other.SendAsync("GET", "/recorder", key)).Status == 200)
        {
            Assert.True(Stopwatch.GetElapsedTime(revoked) < TimeSpan.FromSeconds(5), "The key still holds after five seconds.");
            await Task.Delay(50, Cancel);
        }

        Assert.Equal(204, (await app.SendAsync("DELETE", $"/v1/keys/{id}", AccessApp.Bootstrap)).Status);
        Assert.Equal(404, (await app.SendAsync("POST", $"/v1/keys/{id}/rotate", AccessApp.Bootstrap)).Status);
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_hold_for_the_overlap_and_then_only_the_new_one()
    {
        var (id, first) = await app.NewKeyAsync("\"recorder\"");
        var rotated = await app.SendAsync("POST", $"/v1/keys/{id}/rotate", AccessApp.Bootstrap, """{"overlapSeconds":2}""");
        Assert.Equal((200, id), (rotated.Status, rotated.Text("id")));
        Assert.Equal((200, 200), (await StatusAsync(first), await StatusAsync(rotated.Text("key"))));
        await UntilAsync(async () => await StatusAsync(first) == 401);
        Assert.Equal(200, await StatusAsync(rotated.Text("key")));

        var again = await app.SendAsync("POST", $"/v1/keys/{id}/rotate", AccessApp.Bootstrap);
        Assert.Equal((401, 200), (await StatusAsync(rotated.Text("key")), await StatusAsync(again.Text("key"))));
    }

    [Fact]
    public async Task A_key_ends_at_its_expiry_by_the_databases_clock()
    {
        var soon = (DateTime)(await ScalarAsync("SELECT now() + interval '2 seconds'"))!;
        var (_, key) = await app.NewKeyAsync("\"recorder\"", $"\"{soon:yyyy-MM-ddTHH:mm:ss.fffZ}\"");
        Assert.Equal(200, await StatusAsync(key));
        await UntilAsync(async () => await StatusAsync(key) == 401);
    }

    [Theory]
    [InlineData("""{"name":"a","roles":["portal","admin"]}""", 422, "roles_conflict")]
    [InlineData("""{"name":"a","roles":["system:crm","reader"]}""", 422, "roles_conflict")]
    [InlineData("""{"name":"a","roles":["root"]}""", 422, "validation_failed")]
    [InlineData("""{"name":"a","roles":[]}""", 422, "validation_failed")]
    [InlineData("""{"name":"a","roles":["reader"],"expiresAt":"2020-01-01T00:00:00Z"}""", 422, "validation_failed")]
    [InlineData("""{"name":"a"}""", 422, "validation_failed")]
    [InlineData("""{"name":"a","roles":["reader"],"createdBy":"key:x"}""", 400, "unknown_member")]
    public async Task A_key_that_may_not_be_is_refused_and_not_made(string body, int status, string code)
    {
        var answer = await app.SendAsync("POST", "/v1/keys", AccessApp.Bootstrap, body);
        Assert.Equal((status, code), (answer.Status, answer.Text("code")));
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM optout.api_key"));
    }

    [Theory]
    [InlineData("POST", "/v1/keys")]
    [InlineData("GET", "/v1/keys")]
    [InlineData("POST", "/v1/keys/0123456789abcdef/rotate")]
    [InlineData("DELETE", "/v1/keys/0123456789abcdef")]
    public async Task Only_an_admin_touches_keys(string method, string path)
    {
        var (_, key) = await app.NewKeyAsync("\"recorder\",\"reader\",\"operator\",\"auditor\",\"gate\"");
        Assert.Equal(403, (await app.SendAsync(method, path, key)).Status);
        Assert.Equal(401, (await app.SendAsync(method, path, null)).Status);
    }

    [Theory]
    [InlineData("0123456789abcdef")]
    [InlineData("nothing")]
    [InlineData("00000000000000aa")]
    public async Task A_key_that_is_not_there_is_not_found(string id)
    {
        Assert.Equal(404, (await app.SendAsync("DELETE", $"/v1/keys/{id}", AccessApp.Bootstrap)).Status);
        Assert.Equal(404, (await app.SendAsync("POST", $"/v1/keys/{id}/rotate", AccessApp.Bootstrap)).Status);
    }

    [Fact]
    public async Task The_list_is_walked_by_cursor_without_gap_or_repeat()
    {
        for (var i = 0; i < 5; i++) await app.NewKeyAsync("\"reader\"");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await app.SendAsync("GET", $"/v1/keys?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}", AccessApp.Bootstrap);
            seen.AddRange(page.Json.GetProperty("data").EnumerateArray().Select(k => k.GetProperty("id").GetString()!));
            cursor = page.Json.GetProperty("nextCursor").GetString();
            Assert.Equal(cursor is not null, page.Headers.Contains("rel=\"next\"", StringComparison.Ordinal));
        }
        while (cursor is not null);
        Assert.Equal((5, 5), (seen.Count, seen.Distinct().Count()));
        Assert.Equal(400, (await app.SendAsync("GET", "/v1/keys?cursor=forged", AccessApp.Bootstrap)).Status);
    }

    [Fact]
    public async Task Without_its_database_the_service_answers_503_and_refuses_no_key_for_good()
    {
        var gone = databases with { Service = new NpgsqlConnectionStringBuilder(databases.Service) { Port = 1 }.ConnectionString };
        var (_, key) = await app.NewKeyAsync("\"recorder\"");
        await using var cut = await AccessApp.StartAsync(gone);
        var answer = await cut.SendAsync("GET", "/recorder", key);
        Assert.Equal((503, "storage_unavailable"), (answer.Status, answer.Text("code")));
        Assert.Contains("Retry-After", answer.Headers, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development", 200)]
    [InlineData("Production", 401)]
    public async Task The_documentation_needs_a_readers_key_outside_development(string environment, int status)
    {
        await using var replica = await AccessApp.StartAsync(databases, environment);
        foreach (var path in (string[])["/openapi/v1.json", "/swagger/index.html"])
        {
            Assert.Equal(status, (await replica.SendAsync("GET", path, null)).Status);
            Assert.Equal(200, (await replica.SendAsync("GET", path, AccessApp.Bootstrap)).Status);
        }

        Assert.Equal(200, (await replica.SendAsync("GET", "/health/live", null)).Status);
    }

    private async Task<int> StatusAsync(string key) => (await app.SendAsync("GET", "/recorder", key)).Status;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(databases.Owner);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }

    private static async Task UntilAsync(Func<Task<bool>> reached)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await reached())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(8), "Not reached in time.");
            await Task.Delay(100, Cancel);
        }
    }
}

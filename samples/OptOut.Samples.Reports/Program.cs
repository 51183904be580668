using Microsoft.EntityFrameworkCore;
using Npgsql;
using OptOut.Samples.Reports;
using OptOut.Subscriber;
using OptOut.Subscriber.Mirroring;
using OptOut.Subscriber.Webhook;

// A reporting database: it is told of stops by webhook, mirrors them in its own PostgreSQL, and leaves people out of its
// figures by a query filter (EF Core) or the view optout_stopped (anything that speaks SQL).
var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
builder.Logging.SetMinimumLevel(LogLevel.Error);
if (string.IsNullOrEmpty(settings["urls"])) builder.WebHost.UseUrls("http://127.0.0.1:8094");

var database = NpgsqlDataSource.Create(settings["REPORTS_DATABASE"] ?? "Host=127.0.0.1;Database=reports");
builder.Services.AddSingleton(database).AddDbContext<CustomersContext>(options => options.UseNpgsql(database));
builder.Services.AddOptOutSubscriber<MirrorHandler>(options =>
{
    options.System = settings["OPTOUT_SYSTEM"] ?? "reports";
    options.Secret = settings["OPTOUT_SECRET"] ?? "";
}).FenceInPostgres(database).MirrorInPostgres(database);

var app = builder.Build();
await app.Services.GetRequiredService<PostgresMirror>().MakeAsync(CancellationToken.None);
await using (var make = database.CreateCommand(
    "CREATE TABLE IF NOT EXISTS customer (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL)"))
    await make.ExecuteNonQueryAsync();

app.MapOptOutWebhook("/optout");
app.MapGet("/customers", (CustomersContext customers) =>
    customers.Customers.OrderBy(customer => customer.Email).Select(customer => customer.Email).ToListAsync());

// The same without EF Core, as a reporting tool would ask.
app.MapGet("/customers/sql", async () =>
{
    const string Sql =
        """
        SELECT c.email FROM customer c
        WHERE NOT EXISTS (
            SELECT 1 FROM optout_stopped s
            WHERE s.identifier_type = 'email' AND s.identifier = ANY (optout_forms('email', c.email))
                AND s.purpose IN ('analytics', 'all') AND s.channel = 'any')
        ORDER BY c.email
        """;
    await using var command = database.CreateCommand(Sql);
    await using var reader = await command.ExecuteReaderAsync();
    var emails = new List<string>();
    while (await reader.ReadAsync()) emails.Add(reader.GetString(0));
    return emails;
});
app.Run();

using Microsoft.AspNetCore.Authentication;
using OptOut.Client;
using OptOut.Client.AspNetCore;
using OptOut.Samples.Sender;

// A sender with a gate: a newsletter, an export and a page of recommendations, none of which outlives a stop.
var builder = WebApplication.CreateBuilder(args);
var configuration = builder.Configuration;
var settings = SenderSettings.From(configuration);
builder.Logging.SetMinimumLevel(LogLevel.Error);
if (string.IsNullOrEmpty(configuration["urls"])) builder.WebHost.UseUrls("http://127.0.0.1:8093");

builder.Services.AddOptOutClient(options =>
{
    options.BaseAddress = settings.Service;
    options.ApiKey = settings.ApiKey;
}).AddSuppressionGate(options =>
{
    options.StalenessBound = TimeSpan.FromSeconds(configuration.GetValue("OPTOUT_BOUND_SECONDS", 30));
    options.SnapshotPath = configuration["OPTOUT_SNAPSHOT"];
    options.SnapshotKey = configuration["OPTOUT_SNAPSHOT_KEY"];
});

// Messages: the gate stands before the wire.
builder.Services.AddSingleton(settings).AddSingleton<Tally>().AddHostedService<Newsletter>();
builder.Services.AddHttpClient(Newsletter.Wire, client => client.BaseAddress = settings.Mail).AddSuppressionHandler();

// Pages: the gate is part of the authorization.
builder.Services.AddAuthentication(HeaderSignIn.Name)
    .AddScheme<AuthenticationSchemeOptions, HeaderSignIn>(HeaderSignIn.Name, null);
builder.Services.AddOptOutAuthorization();

var app = builder.Build();
app.MapGet("/recommendations", () => "Because you looked at shoes: shoes.").RequireNoOptOut("profiling");

// Exports: the gate filters the sequence.
app.MapGet("/export", (ISuppressionGate gate) => settings.People.ToAsyncEnumerable().WhereAllowed(
    gate, person => new MessageAudience("email", person, SenderSettings.Purpose, SenderSettings.Channel)));

app.MapGet("/status", (ISuppressionGate gate, Tally tally) => new
{
    gate = gate.Status.State.ToString(), gate.Status.Cause, gate.Status.Entries, sent = tally[SuppressionAnswer.Allowed],
    suppressed = tally[SuppressionAnswer.Suppressed], unknown = tally[SuppressionAnswer.Unknown],
});
app.Run();

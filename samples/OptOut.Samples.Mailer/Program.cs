using OptOut.Samples.Mailer;
using OptOut.Subscriber;
using OptOut.Subscriber.Webhook;

// A mail sender in small: OPTOUT_SYSTEM, OPTOUT_SECRET, Urls; MAILER_FLAKY=1 fails the first call of each delivery.
var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
builder.Logging.SetMinimumLevel(LogLevel.Warning);
if (string.IsNullOrEmpty(settings["urls"])) builder.WebHost.UseUrls("http://127.0.0.1:8092");

builder.Services
    .AddSingleton<MailQueue>()
    .AddOptOutSubscriber<MailerHandler>(options =>
    {
        options.System = settings["OPTOUT_SYSTEM"] ?? "mailer";
        options.Secret = settings["OPTOUT_SECRET"] ?? "";
    })
    .FenceInMemory();

var app = builder.Build();
if (settings["MAILER_FLAKY"] == "1") app.UseMiddleware<FlakyFirstCall>();
app.MapOptOutWebhook("/optout");
app.MapGet("/health/live", () => Results.Ok());
app.Run();

using OptOut.Samples.Crm;
using OptOut.Subscriber;
using OptOut.Subscriber.Webhook;

// A CRM in small: OPTOUT_SYSTEM, OPTOUT_SECRET and RABBITMQ_URI, or OPTOUT_TRANSPORT=webhook and Urls.
var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
builder.Logging.SetMinimumLevel(LogLevel.Warning);
if (string.IsNullOrEmpty(settings["urls"])) builder.WebHost.UseUrls("http://127.0.0.1:8091");

var overWebhook = settings["OPTOUT_TRANSPORT"] == "webhook";
var subscriber = builder.Services
    .AddSingleton<ContactList>()
    .AddOptOutSubscriber<CrmHandler>(options =>
    {
        options.System = settings["OPTOUT_SYSTEM"] ?? "crm";
        options.Secret = settings["OPTOUT_SECRET"] ?? "";
    })
    .FenceInMemory();
if (!overWebhook) subscriber.FromRabbitMq(options => options.Uri = settings["RABBITMQ_URI"] ?? "");

// With the service's address and this system's key, acknowledgements go by HTTP; else by the broker.
if (settings["OPTOUT_ACKNOWLEDGE"] == "http")
{
    subscriber.AcknowledgeOverHttp(options =>
    {
        options.Url = settings["OPTOUT_URL"] ?? "";
        options.ApiKey = settings["OPTOUT_API_KEY"] ?? "";
    });
}

var app = builder.Build();
if (overWebhook) app.MapOptOutWebhook("/optout");
app.MapGet("/health/live", () => Results.Ok());
app.Run();

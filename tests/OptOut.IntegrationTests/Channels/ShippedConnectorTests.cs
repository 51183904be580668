using OptOut.Contracts;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Systems;

namespace OptOut.IntegrationTests.Channels;

/// <summary>
/// Each shipped definition against a stand-in that answers as the vendor's own documentation says. None of them has been
/// tried against the live vendor.
/// </summary>
public sealed class ShippedConnectorTests
{
    private const string Ada = "Ada+news@example.com";
    private const string AdaInPath = "Ada%2Bnews%40example.com";
    private const string AdaMd5 = "5affeb5867c89bbf02a1d2169bf47f5a";
    private const string Hex = "01998a6f0c2e7d5b9a3f4e21c0d7b865";

    private static readonly ConnectorCatalogue Catalogue = ConnectorCatalogue.Load(directory: null);

    public static TheoryData<string> Names => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_sends_the_documented_request_and_reads_the_documented_success(string name)
    {
        var vendor = Vendor.Of(name);
        await using var standIn = await VendorStandIn.StartAsync(
            Catalogue, (context, _) => VendorStandIn.WriteAsync(context, vendor.Status, vendor.Answer));

        var result = await standIn.SendAsync(vendor.Delivery(standIn));

        Assert.Equal((AttemptOutcome.Sent, (int?)vendor.Status), (result.Outcome, result.StatusCode));
        Assert.Equal(AcknowledgementOutcome.Applied, result.Word?.Outcome);
        var action = Assert.Single(result.Word!.Actions);
        Assert.Equal((name, AppliedAction.Suppressed, 1), (action.Asset, action.Action, action.Count));
        Assert.Equal(vendor.Line, Assert.Single(standIn.Receiver.Lines));
        var (headers, body, _) = standIn.Receiver.Requests.Single();
        Assert.Equal(vendor.Body, VendorStandIn.Text(body));
        Assert.StartsWith(vendor.Authorization, headers.Authorization.ToString(), StringComparison.Ordinal);
        Assert.Equal(vendor.ContentType, headers.ContentType.ToString());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_rate_limit_an_error_and_a_refused_key_leave_the_delivery_open(string name)
    {
        var vendor = Vendor.Of(name);
        await using var standIn = await VendorStandIn.StartAsync(Catalogue, (context, call) => call switch
        {
            0 => VendorStandIn.WriteAsync(context, 429, """{"message":"slow down"}""", ("Retry-After", "17")),
            1 => VendorStandIn.WriteAsync(context, 500, """{"error":"ours"}"""),
            2 => VendorStandIn.WriteAsync(context, 401, """{"error":"who are you"}"""),
            _ => VendorStandIn.WriteAsync(context, 200, "<html>maintenance</html>"),
        });

        var limited = await standIn.SendAsync(vendor.Delivery(standIn));
        var broken = await standIn.SendAsync(vendor.Delivery(standIn));
        var refused = await standIn.SendAsync(vendor.Delivery(standIn));
        var page = await standIn.SendAsync(vendor.Delivery(standIn));

        Assert.Equal((AttemptOutcome.TooManyRequests, TimeSpan.FromSeconds(17)), (limited.Outcome, limited.RetryAfter));
        Assert.Equal((AttemptOutcome.BadStatus, 500), (broken.Outcome, broken.StatusCode));
        Assert.Equal((AttemptOutcome.BadStatus, 401), (refused.Outcome, refused.StatusCode));
        Assert.All([limited, broken, refused], result => Assert.Null(result.Word));
        // Where the status alone is the vendor's documented success, a page behind it says no less.
        Assert.Equal(name is "amazon-ses" or "customer-io" ? AcknowledgementOutcome.Applied : null, page.Word?.Outcome);
        Assert.Equal(AttemptOutcome.Sent, page.Outcome);
    }

    [Theory]
    [InlineData("mailchimp", 404, """{"title":"Resource Not Found","status":404}""", "no_match")]
    [InlineData("hubspot", 404, """{"status":"error","category":"OBJECT_NOT_FOUND"}""", "no_match")]
    [InlineData("hubspot", 400, """{"status":"error","message":"a@b.example is already unsubscribed from subscription 100"}""", "applied")]
    [InlineData("segment", 404, """{"errors":[{"type":"not-found"}]}""", "no_match")]
    [InlineData("twilio", 201, """{"items":[{"correlation_id":"x","error_code":30646,"error_messages":["INVALID_CONTACT_ID"]}]}""", "refused")]
    public async Task Documented_answers_that_are_no_success_are_told_apart(string name, int status, string answer, string outcome)
    {
        var vendor = Vendor.Of(name);
        await using var standIn = await VendorStandIn.StartAsync(Catalogue, (context, _) => VendorStandIn.WriteAsync(context, status, answer));

        var result = await standIn.SendAsync(vendor.Delivery(standIn));

        Assert.Equal(outcome, WireNames.Of(result.Word!.Outcome));
    }

    [Theory]
    [InlineData("sendgrid", "DELETE /v3/asm/groups/100/suppressions/" + AdaInPath, "", 204, "")]
    [InlineData("mailchimp", "PATCH /3.0/lists/100/members/" + AdaMd5, """{"status":"subscribed"}""", 200, """{"status":"subscribed"}""")]
    [InlineData("amazon-ses", "DELETE /v2/email/suppression/addresses/" + AdaInPath, "", 200, "")]
    [InlineData("braze", "POST /subscription/status/set", """{"subscription_group_id":"00000000-0000","subscription_state":"subscribed","email":["Ada+news@example.com"]}""", 201, """{"message":"success"}""")]
    [InlineData("segment", "POST /regulations", """{"regulationType":"UNSUPPRESS","subjectType":"USER_ID","subjectIds":["ada"]}""", 200, """{"data":{"regulateId":"r1"}}""")]
    [InlineData("customer-io", "PUT /api/v1/customers/" + AdaInPath, """{"unsubscribed":false}""", 200, "{}")]
    public async Task A_lift_is_the_documented_way_back(string name, string line, string body, int status, string answer)
    {
        var vendor = Vendor.Of(name);
        await using var standIn = await VendorStandIn.StartAsync(Catalogue, (context, _) => VendorStandIn.WriteAsync(context, status, answer));

        var result = await standIn.SendAsync(vendor.Delivery(standIn, OptOutState.OptedIn));

        Assert.Equal(AcknowledgementOutcome.Applied, result.Word?.Outcome);
        Assert.Equal(line, Assert.Single(standIn.Receiver.Lines));
        Assert.Equal(body, VendorStandIn.Text(standIn.Receiver.Requests.Single().Body));
    }

    [Theory]
    [InlineData("sendgrid", 200, """["ada+news@example.com"]""", "present", "POST /v3/asm/groups/100/suppressions/search")]
    [InlineData("sendgrid", 200, "[]", "absent", "POST /v3/asm/groups/100/suppressions/search")]
    [InlineData("mailchimp", 200, """{"status":"unsubscribed"}""", "present", "GET /3.0/lists/100/members/" + AdaMd5)]
    [InlineData("mailchimp", 200, """{"status":"subscribed"}""", "absent", "GET /3.0/lists/100/members/" + AdaMd5)]
    [InlineData("amazon-ses", 200, """{"SuppressedDestination":{"EmailAddress":"Ada+news@example.com","Reason":"COMPLAINT"}}""", "present", "GET /v2/email/suppression/addresses/" + AdaInPath)]
    [InlineData("amazon-ses", 404, """{"message":"not found"}""", "absent", "GET /v2/email/suppression/addresses/" + AdaInPath)]
    [InlineData("amazon-ses", 500, "", "unknown", "GET /v2/email/suppression/addresses/" + AdaInPath)]
    public async Task A_read_back_finds_what_the_vendor_holds(string name, int status, string answer, string verdict, string line)
    {
        var vendor = Vendor.Of(name);
        await using var standIn = await VendorStandIn.StartAsync(Catalogue, (context, _) => VendorStandIn.WriteAsync(context, status, answer));

        var result = await standIn.Channel.ReadBackAsync(vendor.Delivery(standIn), TestContext.Current.CancellationToken);

        Assert.Equal(verdict, WireNames.Of(result!.Verdict));
        Assert.Equal(line, Assert.Single(standIn.Receiver.Lines));
    }

    /// <summary>What a vendor's documentation says about a stop of one person.</summary>
    private sealed record Vendor(string Name, string Line, string Body, string Authorization, int Status, string Answer)
    {
        public string ContentType { get; init; } = "application/json";
        public Dictionary<string, string> Settings { get; init; } = [];
        public string Secret { get; init; } = "apiKey";
        public string? List { get; init; } = "100";
        public (string, string) Person { get; init; } = ("email", Ada);

        public static Vendor Of(string name) => name switch
        {
            "sendgrid" => new(name, "POST /v3/asm/groups/100/suppressions", """{"recipient_emails":["Ada+news@example.com"]}""",
                "Bearer s3cret", 201, """{"recipient_emails":["Ada+news@example.com"]}"""),
            "mailchimp" => new(name, "PATCH /3.0/lists/100/members/" + AdaMd5, """{"status":"unsubscribed"}""",
                "Basic b3B0b3V0OnMzY3JldA==", 200, """{"id":"x","status":"unsubscribed"}""") { Settings = { ["dataCenter"] = "us19" } },
            "amazon-ses" => new(name, "PUT /v2/email/suppression/addresses", """{"EmailAddress":"Ada+news@example.com","Reason":"COMPLAINT"}""",
                "AWS4-HMAC-SHA256 Credential=s3cret/", 200, "") { Settings = { ["region"] = "eu-central-1" }, Secret = "accessKey secretKey", List = null },
            "hubspot" => new(name, "POST /communication-preferences/v3/unsubscribe",
                """{"emailAddress":"Ada+news@example.com","subscriptionId":"100","legalBasis":"LEGITIMATE_INTEREST_OTHER","legalBasisExplanation":"The person has objected"}""",
                "Bearer s3cret", 200, """{"id":"100","status":"NOT_SUBSCRIBED","sourceOfStatus":"SUBSCRIPTION_STATUS"}""") { Secret = "accessToken" },
            "twilio" => new(name, "POST /v1/Consents/Bulk",
                "Items=" + Uri.EscapeDataString($$"""{"contact_id":"+4930123456","correlation_id":"{{Hex}}","sender_id":"MG{{Hex}}","status":"opt-out","source":"others","date_of_consent":"2026-11-20T15:00:00Z"}"""),
                "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"AC{Hex}:s3cret")), 201,
                $$"""{"items":[{"correlation_id":"{{Hex}}","error_code":0,"error_messages":[]}]}""")
            {
                Settings = { ["accountSid"] = "AC" + Hex }, Secret = "authToken", List = "MG" + Hex, Person = ("phone", "+4930123456"),
                ContentType = "application/x-www-form-urlencoded",
            },
            "braze" => new(name, "POST /subscription/status/set",
                """{"subscription_group_id":"00000000-0000","subscription_state":"unsubscribed","email":["Ada+news@example.com"]}""",
                "Bearer s3cret", 201, """{"message":"success"}""") { List = "00000000-0000" },
            "segment" => new(name, "POST /regulations", """{"regulationType":"SUPPRESS_ONLY","subjectType":"USER_ID","subjectIds":["ada"]}""",
                "Bearer s3cret", 200, """{"data":{"regulateId":"r1"}}""") { Secret = "token", List = null, Person = ("user_id", "ada") },
            "customer-io" => new(name, "PUT /api/v1/customers/" + AdaInPath, """{"unsubscribed":true}""",
                "Basic c2l0ZTpzM2NyZXQ=", 200, "{}") { Settings = { ["siteId"] = "site" }, List = null },
            _ => throw new ArgumentOutOfRangeException(nameof(name), $"{name} has no test."),
        };

        public OutgoingDelivery Delivery(VendorStandIn standIn, OptOutState state = OptOutState.OptedOut)
        {
            var settings = new Dictionary<string, string>(Settings);
            foreach (var secret in Secret.Split(' '))
                settings[secret] = standIn.Secret(secret, "s3cret");
            return standIn.Delivery(Name, settings, List is null ? [] : [new VendorList("marketing", "any", List)], Person, state);
        }
    }
}

using System.Text;
using OptOut.Service.Propagation.Channels.Connector.Authentication;
using OptOut.Service.Propagation.Channels.Connector.Calling;

namespace OptOut.Tests.Connectors;

/// <summary>AWS's own examples: the test suite of Signature Version 4, and the request of its step-by-step guide.</summary>
public sealed class AwsSignatureTests
{
    private const string SecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private static readonly DateTimeOffset At = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("GET", "/", "", null, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "/?Param2=value2&Param1=value1", "", null, "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", null, "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")]
    [InlineData("POST", "/", "", null, "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("POST", "/?Param1=value1", "", null, "host;x-amz-date", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11")]
    [InlineData("POST", "/", "Param1=value1", "application/x-www-form-urlencoded", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    public void The_examples_of_the_test_suite_come_out(string method, string path, string body, string? type, string headerNames, string signature)
    {
        var request = new ComposedRequest(
            new HttpMethod(method), new Uri("https://example.amazonaws.com" + path), [], Encoding.UTF8.GetBytes(body), type);

        var headers = AwsSignature.Sign(request, new AwsCredentials("AKIDEXAMPLE", SecretKey, null, "us-east-1", "service"), At);

        Assert.Equal(("X-Amz-Date", "20150830T123600Z"), headers[0]);
        Assert.Equal(("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            + $"SignedHeaders={headerNames}, Signature={signature}"), headers[^1]);
    }

    [Fact]
    public void The_request_of_the_step_by_step_guide_comes_out()
    {
        var request = new ComposedRequest(HttpMethod.Get,
            new Uri("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"), [], [], "application/x-www-form-urlencoded; charset=utf-8");

        var headers = AwsSignature.Sign(request, new AwsCredentials("AKIDEXAMPLE", SecretKey, null, "us-east-1", "iam"), At);

        Assert.EndsWith("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", headers[^1].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_body_path_key_or_minute_makes_another_signature()
    {
        var credentials = new AwsCredentials("AKIDEXAMPLE", SecretKey, "session", "eu-central-1", "ses");
        ComposedRequest request = new(HttpMethod.Put, new Uri("https://email.eu-central-1.amazonaws.com/v2/email/suppression/addresses"),
            [], "{}"u8.ToArray(), "application/json");
        string Sign(ComposedRequest what, AwsCredentials who, DateTimeOffset when) => AwsSignature.Sign(what, who, when)[^1].Value;

        string[] all =
        [
            Sign(request, credentials, At),
            Sign(request with { Body = "{ }"u8.ToArray() }, credentials, At),
            Sign(request with { Url = new Uri(request.Url + "/a%40b") }, credentials, At),
            Sign(request, credentials with { SecretKey = "another" }, At),
            Sign(request, credentials with { SessionToken = "another" }, At),
            Sign(request, credentials, At.AddMinutes(1)),
        ];

        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, value => Assert.Contains("host;x-amz-date;x-amz-security-token", value, StringComparison.Ordinal));
    }
}

namespace OptOut.Service.Platform.Embedded;

/// <summary>An embedded server cannot be had; the message says what was looked for and what a person can do.</summary>
internal sealed class EmbeddedServerException : Exception
{
    public EmbeddedServerException(string message) : base(message)
    {
    }

    public EmbeddedServerException(string message, Exception inner) : base(message, inner)
    {
    }
}

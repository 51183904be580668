namespace OptOut.Samples.Demo;

/// <summary>The demo cannot go on; the message is for the person before it.</summary>
internal sealed class DemoException(string message) : Exception(message);

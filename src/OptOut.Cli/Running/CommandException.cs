namespace OptOut.Cli.Running;

/// <summary>A command ends with words for its caller and one of <see cref="ExitCodes"/>; the words hold no secret.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException CouldNot(string message) => new(ExitCodes.CouldNot, message);

    public static CommandException Usage(string message) => new(ExitCodes.Usage, message);
}

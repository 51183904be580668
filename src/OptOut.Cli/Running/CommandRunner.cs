using System.CommandLine;
using Npgsql;

namespace OptOut.Cli.Running;

/// <summary>Reads the command line and turns whatever happens into one of the documented exit codes.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (CommandException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return exception.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Interrupted, or no answer in time.");
            return ExitCodes.CouldNot;
        }
        // An address or a statement may stand in their messages: the kind of failure is enough.
        catch (HttpRequestException exception)
        {
            await Console.Error.WriteLineAsync($"The service cannot be reached ({exception.HttpRequestError}).");
            return ExitCodes.CouldNot;
        }
        catch (NpgsqlException exception)
        {
            await Console.Error.WriteLineAsync($"The database refused or cannot be reached ({exception.SqlState ?? "no connection"}).");
            return ExitCodes.CouldNot;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"A file cannot be read or written ({exception.GetType().Name}).");
            return ExitCodes.CouldNot;
        }
    }
}

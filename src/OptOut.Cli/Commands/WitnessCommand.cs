using System.CommandLine;
using OptOut.Cli.Running;
using OptOut.Cli.Witness;
using OptOut.Ledger.Proofs;

namespace OptOut.Cli.Commands;

/// <summary><c>optout witness</c>: a process elsewhere that remembers what the log said last, and cosigns only what continues it.</summary>
internal static class WitnessCommand
{
    private static readonly Option<FileInfo> KeyFile = new("--key-file")
    {
        Description = "The witness's own key; make one with: optout witness new-key NAME FILE", Required = true,
    };

    private static readonly Option<DirectoryInfo> State = new("--state")
    {
        Description = "Where the last cosigned checkpoint is kept.", Required = true,
    };

    private static readonly Option<string[]> Log = SharedOptions.Vkeys();

    private static readonly Option<FileInfo?> LogFile =
        new("--vkey-file") { Description = "A file with the log's verifier keys, one a line, instead of --vkey." };

    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "Where to listen.", DefaultValueFactory = _ => "http://127.0.0.1:8095",
    };

    private static readonly Argument<string> Name = new("NAME")
    {
        Description = "The witness's name, such as witness.example.org: no space, no plus sign.",
    };

    private static readonly Argument<FileInfo> NewFile = new("FILE") { Description = "The file to make." };

    public static Command Create()
    {
        var make = new Command("new-key", "Make a key file and print the witness's verifier key.") { Name, NewFile };
        make.SetAction(parsed => MakeKey(parsed.GetValue(Name)!, parsed.GetValue(NewFile)!));
        var command = new Command("witness", "Witness one log: C2SP tlog-witness, POST /add-checkpoint.")
        {
            KeyFile, State, Log, LogFile, Listen, make,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static int MakeKey(string name, FileInfo file)
    {
        var signer = WitnessKey.Create(name, file.FullName).Signer(TimeProvider.System);
        Console.Out.WriteLine(signer.Verifier.ToString());
        return ExitCodes.Ok;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var lines = parsed.GetValue(LogFile) is { } file
            ? await File.ReadAllLinesAsync(file.FullName, cancellationToken)
            : [];
        var keys = SharedOptions.Parse([.. parsed.GetValue(Log) ?? [], .. lines.Where(line => line.Length > 0)]);
        if (keys.Count == 0)
            throw CommandException.Usage("Say which log to witness: --vkey or --vkey-file.");

        var signer = WitnessKey.Read(parsed.GetValue(KeyFile)!.FullName).Signer(TimeProvider.System);
        using var server = new WitnessServer(
            new TrustedLog(keys[0].Name, keys), new WitnessState(parsed.GetValue(State)!.FullName), signer);
        await server.RunAsync(parsed.GetValue(Listen)!, cancellationToken);
        return ExitCodes.Ok;
    }
}

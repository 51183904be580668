using System.CommandLine;
using OptOut.Cli.Commands;
using OptOut.Cli.Commands.Ledger;
using OptOut.Cli.Commands.Receipts;
using OptOut.Cli.Running;

// The table of contents. A command is one file under Commands/ with a static Create(); adding it here is all there is.
var root = new RootCommand("OptOut for operators, auditors and CI. Exit codes and secrets: docs/cli.md.")
{
    new Command("ledger", "Verify the published ledger, or audit the database against it.")
    {
        LedgerVerifyCommand.Create(),
        LedgerAuditCommand.Create(),
    },
    new Command("receipt", "Receipts that people keep.")
    {
        ReceiptVerifyCommand.Create(),
    },
    WitnessCommand.Create(),
    RecoverCommand.Create(),
};
return await CommandRunner.RunAsync(root, args);

using System.Text.RegularExpressions;
using OptOut.Service.Propagation;

namespace OptOut.Tests.Conventions;

/// <summary>A state machine is a page before it is code: page, code and database name the same states.</summary>
public sealed partial class DeliveryStateTests
{
    private const string Schema = "src/OptOut.Service/Platform/Database/Migrations/0001_main.sql";

    [Fact]
    public void The_page_the_code_and_the_database_know_the_same_states()
    {
        Assert.Equal(DeliveryStates.All.Order(), Page().Select(row => row.State).Order());
        Assert.Equal(DeliveryStates.All.Order(), InCheck("state          ").Order());
    }

    [Fact]
    public void The_page_the_code_and_the_database_close_the_same_states()
    {
        Assert.Equal(DeliveryStates.Closed.Order(), Page().Where(row => row.Closed).Select(row => row.State).Order());
        Assert.Equal(DeliveryStates.Closed.Order(), Quoted(ClosedCheck().Match(DeliveryTable()).Groups[1].Value).Order());
    }

    /// <summary>Rows of the first table of the page: the state in backticks first, whether it is closed last.</summary>
    private static IEnumerable<(string State, bool Closed)> Page() =>
        RepositoryText.Read("docs/lifecycle.md").Split('\n')
            .SkipWhile(line => !line.StartsWith("| `", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())
            .Select(cells => (cells[0].Trim('`'), cells[^1] == "yes"));

    private static IEnumerable<string> InCheck(string column)
    {
        var table = DeliveryTable();
        var from = table.IndexOf(column, StringComparison.Ordinal);
        return Quoted(StateCheck().Match(table[from..]).Groups[1].Value);
    }

    private static string DeliveryTable()
    {
        var sql = RepositoryText.Read(Schema);
        var from = sql.IndexOf("CREATE TABLE optout.delivery (", StringComparison.Ordinal);
        return sql[from..sql.IndexOf(';', from)];
    }

    private static IEnumerable<string> Quoted(string list) => QuotedWord().Matches(list).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"CHECK \(state IN \(([^)]*)\)\)")]
    private static partial Regex StateCheck();

    [GeneratedRegex(@"CHECK \(\(state IN \(([^)]*)\)\) = \(closed_at IS NOT NULL\)\)")]
    private static partial Regex ClosedCheck();

    [GeneratedRegex("'([a-z_]+)'")]
    private static partial Regex QuotedWord();
}

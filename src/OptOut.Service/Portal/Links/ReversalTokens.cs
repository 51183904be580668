using System.Buffers.Text;
using System.Security.Cryptography;
using OptOut.Service.Platform.Database;
using OptOut.Service.Purposes;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Portal.Links;

/// <summary>A token as its holder gets it, once.</summary>
internal readonly record struct IssuedToken(string Text, DateTimeOffset ExpiresAt)
{
    public override string ToString() => "token";
}

/// <summary>
/// Makes the tokens by which a person lifts a stop of their own: 256 random bits, bound to person and scope, of which
/// the database holds the hash only. Its clock counts the 15 minutes.
/// </summary>
internal sealed class ReversalTokens(Databases databases)
{
    public const string Prefix = "rev_";

    private const int RandomBytes = 32;

    private const string Insert =
        """
        INSERT INTO optout.reversal_token (token_hash, subject_id, purpose, channel, created_by, expires_at)
        VALUES ($1, $2, $3, $4, $5, now() + interval '15 minutes')
        RETURNING expires_at
        """;

    public async Task<IssuedToken> IssueAsync(
        Guid subjectId, Scope scope, string actor, CancellationToken cancellationToken)
    {
        var token = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        await using var command = databases.Main.CreateCommand(Insert);
        command.Parameters.Add(Sql.Value(PostReversal.TokenHash(token)));
        command.Parameters.Add(Sql.Value(subjectId));
        command.Parameters.Add(Sql.Value(scope.Purpose));
        command.Parameters.Add(Sql.Value(scope.Channel));
        command.Parameters.Add(Sql.Value(actor));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new IssuedToken(token, Milliseconds.Truncate(reader.GetFieldValue<DateTimeOffset>(0)));
    }
}

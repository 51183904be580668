using OptOut.Contracts.Identifiers;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Subjects;

/// <summary>
/// A person as answers name them: the survivor of every merge, and the types of what is known of them.
/// </summary>
internal sealed record KnownSubject(Guid SubjectId, IReadOnlyList<string> IdentifierTypes);

/// <summary>Reads people: the public face of this capability for other capabilities too.</summary>
internal sealed class SubjectQueries(Databases databases, IdentifierHasher hasher)
{
    /// <summary>One statement, whether the person is known or not, so that both take the same way.</summary>
    private const string ByHash =
        """
        WITH person AS (
            SELECT s.survivor_id FROM optout.identifier i JOIN optout.subject s USING (subject_id)
            WHERE i.lookup_hash = ANY ($1) ORDER BY array_position($1, i.lookup_hash) LIMIT 1)
        SELECT p.survivor_id, array_agg(DISTINCT i.type ORDER BY i.type)
        FROM person p
        JOIN optout.subject m ON m.subject_id = p.survivor_id
            OR (m.survivor_id = p.survivor_id AND m.survivor_id <> m.subject_id)
        JOIN optout.identifier i ON i.subject_id = m.subject_id
        GROUP BY p.survivor_id
        """;

    /// <summary>The person with this very identifier; null where nobody has it.</summary>
    public async Task<KnownSubject?> FindAsync(NormalisedIdentifier identifier, CancellationToken cancellationToken)
    {
        var hashes = hasher.ForMatching(KeyUse.Lookup, identifier.Type, identifier.Value);
        await using var command = databases.Main.CreateCommand(ByHash);
        command.Parameters.Add(Sql.Byteas([.. hashes.Select(h => h.Value)]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new KnownSubject(reader.GetGuid(0), reader.GetFieldValue<string[]>(1))
            : null;
    }

    public async Task<bool> ExistsAsync(Guid subjectId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand("SELECT 1 FROM optout.subject WHERE subject_id = $1");
        command.Parameters.Add(Sql.Value(subjectId));
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }
}

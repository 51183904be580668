using System.Security.Cryptography;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Subjects;

/// <summary>One identifier of a person, in the clear: it lives only while an event is built.</summary>
internal sealed record KnownIdentifier(string Type, string Value)
{
    public override string ToString() => Type;
}

/// <summary>What is known of people, and who could not be read: never the same as somebody without identifiers.</summary>
internal sealed record KnownIdentifiers(ILookup<Guid, KnownIdentifier> BySurvivor, IReadOnlySet<Guid> Unreadable);

/// <summary>Reads and decrypts the identifiers of many people at once.</summary>
internal sealed class IdentifierReader(Databases databases, SubjectKeys keys)
{
    /// <summary>
    /// Two look-ups by index: one condition with OR would read the whole table, and so might a join that was planned
    /// while the table was small (OFFSET 0 keeps it a look-up for each person).
    /// </summary>
    private const string Select =
        """
        SELECT m.survivor_id, i.subject_id, i.identifier_id, i.type, i.value_ciphertext
        FROM (
            SELECT subject_id, survivor_id FROM optout.subject WHERE subject_id = ANY ($1)
            UNION ALL
            SELECT subject_id, survivor_id FROM optout.subject
            WHERE survivor_id = ANY ($1) AND survivor_id <> subject_id AND NOT subject_id = ANY ($1)) m
        CROSS JOIN LATERAL (
            SELECT * FROM optout.identifier x
            WHERE x.subject_id = m.subject_id AND x.value_ciphertext IS NOT NULL OFFSET 0) i
        """;

    /// <summary>For each surviving subject its identifiers and those of everyone merged into it.</summary>
    public async Task<KnownIdentifiers> ReadAsync(
        IReadOnlyCollection<Guid> survivorIds, CancellationToken cancellationToken)
    {
        var rows = new List<(Guid Survivor, Guid Subject, Guid Id, string Type, byte[] Ciphertext)>();
        await using (var command = databases.Main.CreateCommand(Select))
        {
            command.Parameters.Add(Sql.Uuids([.. survivorIds]));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                rows.Add((reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3),
                    reader.GetFieldValue<byte[]>(4)));
        }

        var opened = await keys.LoadAsync(rows.Select(r => r.Subject).ToHashSet(), cancellationToken);
        var readable = new List<(Guid Survivor, KnownIdentifier Identifier)>(rows.Count);
        var unreadable = new HashSet<Guid>();
        // In one order always; asked of the database it would walk every identifier there is.
        foreach (var row in rows.OrderBy(r => r.Id))
        {
            // A value without its key is a fault, never the same as no value: erasure empties the value too.
            if (!opened.TryGetValue(row.Subject, out var key))
            {
                unreadable.Add(row.Survivor);
                continue;
            }

            try
            {
                var value = IdentifierValue.Decrypt(key, row.Id, row.Ciphertext);
                readable.Add((row.Survivor, new KnownIdentifier(row.Type, value)));
            }
            catch (CryptographicException)
            {
                // One damaged row must not keep the events of everyone else from being built.
                unreadable.Add(row.Survivor);
            }
        }

        return new KnownIdentifiers(readable.ToLookup(r => r.Survivor, r => r.Identifier), unreadable);
    }
}

using OptOut.Service.Access;

namespace OptOut.Service.Recording;

/// <summary>
/// Which records somebody may read. Who reads, operates or audits sees all. A key that only records sees what it
/// recorded or said again, and one that stands for a person also what concerns the person before it: the one for whom it
/// asked, in the last minutes, for a token of reversal. What is not seen is as if it were not there.
/// </summary>
/// <param name="OnlyOf">The ledger's name of the caller whose records alone are seen; null sees all.</param>
internal readonly record struct RecordSight(string? OnlyOf)
{
    private const RoleSet Everything = RoleSet.Reader | RoleSet.Operator | RoleSet.Auditor;

    public static readonly RecordSight All = new(null);

    public static RecordSight Of(Caller caller) => caller.Has(Everything) ? All : new RecordSight(caller.Actor);

    /// <summary>
    /// Whether the version v is seen by the caller in the given parameter. A rotated key is the same caller.
    /// </summary>
    public static string Sees(string caller) =>
        $"""
        ({caller}::text IS NULL
            OR EXISTS (SELECT FROM optout.opt_out_version w
                WHERE w.opt_out_id = v.opt_out_id AND w.recorded_by = {caller})
            OR EXISTS (SELECT FROM optout.reaffirmation a
                WHERE a.opt_out_id = v.opt_out_id AND a.reaffirmed_by = {caller})
            OR EXISTS (SELECT FROM optout.subject s
                JOIN optout.subject m ON m.subject_id = s.survivor_id
                    OR (m.survivor_id = s.survivor_id AND m.survivor_id <> m.subject_id)
                JOIN optout.reversal_token t ON t.subject_id = m.subject_id
                WHERE s.subject_id = v.subject_id AND t.created_by = {caller} AND t.expires_at > now()))
        """;
}

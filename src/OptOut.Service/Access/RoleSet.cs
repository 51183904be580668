namespace OptOut.Service.Access;

/// <summary>What a key may do. A route names the roles of which one is enough; none implies another.</summary>
[Flags]
internal enum RoleSet
{
    None = 0,

    /// <summary>Records stops, and reads its records.</summary>
    Recorder = 1,

    /// <summary>A front end that has the person before it: stops and the subject's own reversals.</summary>
    Portal = 2,

    Reader = 4,

    /// <summary>Decisions and the suppression feed.</summary>
    Gate = 8,

    /// <summary>Systems, redrive, pause, probes.</summary>
    Operator = 16,

    /// <summary>Reads all evidence, changes nothing.</summary>
    Auditor = 32,

    /// <summary>Keys and purposes.</summary>
    Admin = 64,

    /// <summary>May ask for the override of transactional messages where a purpose allows it.</summary>
    Transactional = 128,

    /// <summary>One system, named beside: its own deliveries and nothing else.</summary>
    System = 256,
}

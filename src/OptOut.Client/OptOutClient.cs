using OptOut.Client.Api;
using OptOut.Client.Http;

namespace OptOut.Client;

/// <summary>
/// The API of the service, typed. Thread-safe. Calls that are safe to repeat are tried again, within bounds; refusals are
/// <see cref="OptOutProblemException"/>s, everything else that fails is an <see cref="OptOutUnreachableException"/>.
/// </summary>
public sealed class OptOutClient
{
    internal OptOutClient(ApiTransport transport)
    {
        OptOuts = new OptOutsApi(transport);
        Subjects = new SubjectsApi(transport);
        Purposes = new PurposesApi(transport);
        Systems = new SystemsApi(transport);
        Deliveries = new DeliveriesApi(transport);
        Keys = new KeysApi(transport);
        Links = new LinksApi(transport);
        Approvals = new ApprovalsApi(transport);
        Suppressions = new SuppressionsApi(transport);
        Decisions = new DecisionsApi(transport);
        Ledger = new LedgerApi(transport);
        Probes = new ProbesApi(transport);
    }

    /// <summary>Recording, reading and lifting stops.</summary>
    public OptOutsApi OptOuts { get; }

    /// <summary>People.</summary>
    public SubjectsApi Subjects { get; }

    /// <summary>The tree of purposes.</summary>
    public PurposesApi Purposes { get; }

    /// <summary>Downstream systems.</summary>
    public SystemsApi Systems { get; }

    /// <summary>What was told to which system.</summary>
    public DeliveriesApi Deliveries { get; }

    /// <summary>API keys.</summary>
    public KeysApi Keys { get; }

    /// <summary>Links by which a person acts.</summary>
    public LinksApi Links { get; }

    /// <summary>Acts that wait for a second person.</summary>
    public ApprovalsApi Approvals { get; }

    /// <summary>Asking the service: may I?</summary>
    public SuppressionsApi Suppressions { get; }

    /// <summary>What senders did under stops.</summary>
    public DecisionsApi Decisions { get; }

    /// <summary>The ledger's proofs.</summary>
    public LedgerApi Ledger { get; }

    /// <summary>Synthetic opt-outs through systems.</summary>
    public ProbesApi Probes { get; }
}

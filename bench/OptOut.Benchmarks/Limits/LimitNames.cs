namespace OptOut.Benchmarks.Limits;

/// <summary>What the machine's own PostgreSQL and RabbitMQ do at best, by name.</summary>
internal static class LimitNames
{
    public const string SingleRow = "one row a commit, 32 clients (commits/s)";
    public const string TwoRows = "record + outbox row a commit, 32 clients: the two-row limit (commits/s)";
    public const string TwoRowsOneTrip = "the same two rows in one statement (commits/s)";
    public const string HundredRows = "100-row batches, 32 clients (rows/s)";
    public const string ConfirmedPublish = "confirmed publish, window 256, quorum queue (messages/s)";
    public const string Consume = "consume, prefetch 500, ack every 100 (messages/s)";
}

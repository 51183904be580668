namespace OptOut.Client.Gate.Feed;

/// <summary>What one event of the feed means for the gate.</summary>
internal enum FeedStep
{
    /// <summary>Read on.</summary>
    Going,

    /// <summary>The copy is complete up to the heartbeat just read.</summary>
    Current,

    /// <summary>A full transfer has begun because the service's history is another: what is held says nothing now.</summary>
    HistoryChanged,

    /// <summary>A change is missing.</summary>
    Gap,

    /// <summary>The stream is too far behind to be relied on.</summary>
    Late,

    /// <summary>The service closes the stream.</summary>
    Closed,

    /// <summary>This is no feed that the gate understands.</summary>
    Unreadable,
}

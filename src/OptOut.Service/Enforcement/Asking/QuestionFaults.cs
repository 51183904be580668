namespace OptOut.Service.Enforcement.Asking;

/// <summary>Why a question is answered with unknown: stable codes beside the answer.</summary>
internal static class QuestionFaults
{
    public const string ItemUnreadable = "item_unreadable";
    public const string IdentifierUnreadable = "identifier_unreadable";
    public const string SubjectAmbiguous = "subject_ambiguous";
    public const string SubjectMalformed = "subject_malformed";
    public const string FeedKeyUnknown = "feed_key_unknown";
    public const string PurposeUnknown = "purpose_unknown";
    public const string ChannelUnknown = "channel_unknown";
    public const string MessageClassUnknown = "message_class_unknown";

    /// <summary>The data cannot be shown to be current: the ledger disagrees with what was published.</summary>
    public const string NotCurrent = "not_current";
}

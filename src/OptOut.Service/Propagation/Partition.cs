namespace OptOut.Service.Propagation;

/// <summary>
/// Deliveries are split over sixteen parts by subject. One process owns a part at a time,
/// so that one person's events leave in order and no delivery is sent by two replicas.
/// </summary>
internal static class Partition
{
    public const int Count = 16;

    /// <summary>The part of a subject (the survivor's id): the low bits of the id's last, random byte.</summary>
    public static short Of(Guid subjectId)
    {
        Span<byte> bytes = stackalloc byte[16];
        subjectId.TryWriteBytes(bytes, bigEndian: true, out _);
        return (short)(bytes[15] & (Count - 1));
    }
}

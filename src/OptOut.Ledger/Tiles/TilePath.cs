using System.Globalization;
using System.Text;

namespace OptOut.Ledger.Tiles;

/// <summary>
/// The name of one file of a C2SP tlog-tiles directory: a hash tile <c>tile/&lt;L&gt;/&lt;N&gt;[.p/&lt;W&gt;]</c> or an
/// entry bundle <c>tile/entries/&lt;N&gt;[.p/&lt;W&gt;]</c>. N stands in groups of three digits, all but the last with
/// an <c>x</c> before them.
/// </summary>
public sealed record TilePath
{
    /// <summary>How many hashes or entries a full tile has.</summary>
    public const int FullWidth = 256;

    /// <summary>How many levels of the tree one level of tiles covers.</summary>
    public const int LevelsPerTile = 8;

    /// <summary>The highest level of tiles that a path may name.</summary>
    public const int MaxLevel = 63;

    /// <summary>The highest N: six groups of three digits.</summary>
    public const long MaxIndex = 999_999_999_999_999_999;

    private const int GroupSize = 1000;
    private const int MaxGroups = 6;

    private TilePath(int? level, long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level ?? 0, MaxLevel, nameof(level));
        ArgumentOutOfRangeException.ThrowIfNegative(level ?? 0, nameof(level));
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, MaxIndex);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, FullWidth);
        (Level, Index, Width) = (level, index, width);
    }

    /// <summary>The level of a hash tile; null for an entry bundle.</summary>
    public int? Level { get; }

    /// <summary>N, from 0.</summary>
    public long Index { get; }

    /// <summary>How many hashes or entries are in it: 1 to 255, or 256 when it is full.</summary>
    public int Width { get; }

    /// <summary>Whether the tile will never change again.</summary>
    public bool IsFull => Width == FullWidth;

    /// <summary>A hash tile. Its hashes are nodes of tree level 8 × <paramref name="level"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part is out of its bounds.</exception>
    public static TilePath ForHashes(int level, long index, int width = FullWidth) => new(level, index, width);

    /// <summary>An entry bundle.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part is out of its bounds.</exception>
    public static TilePath ForEntries(long index, int width = FullWidth) => new(null, index, width);

    /// <summary>The bundle in which entry <paramref name="entry"/> stands when the log has this size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The log has no such entry.</exception>
    public static TilePath OfEntry(long entry, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entry);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(entry, size);
        var index = entry / FullWidth;
        return ForEntries(index, (int)Math.Min(FullWidth, size - index * FullWidth));
    }

    /// <summary>Reads a path, and refuses every spelling but the one that <see cref="ToString"/> gives.</summary>
    /// <exception cref="FormatException">It is no tile's path.</exception>
    public static TilePath Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var parts = path.Split('/');
        if (parts.Length < 3 || parts[0] != "tile")
            throw new FormatException("The path is not a tile's.");

        var level = parts[1] == "entries" ? null : (int?)Number(parts[1], MaxLevel);
        var partial = parts[^2].EndsWith(".p", StringComparison.Ordinal);
        var width = partial ? Number(parts[^1], FullWidth - 1) : FullWidth;
        var groups = partial ? parts[2..^1] : parts[2..];
        if (groups.Length == 0)
            throw Malformed();
        if (partial)
            groups[^1] = groups[^1][..^2];

        var tile = width > 0 ? new TilePath(level, ParseIndex(groups), width) : throw Malformed();
        return tile.ToString() == path ? tile : throw Malformed();
    }

    /// <summary>The path, without a slash at the front.</summary>
    public override string ToString()
    {
        var path = new StringBuilder("tile/");
        path.Append(Level?.ToString(CultureInfo.InvariantCulture) ?? "entries").Append('/');
        var digits = Index.ToString("D3", CultureInfo.InvariantCulture);
        digits = digits.PadLeft((digits.Length + 2) / 3 * 3, '0');
        for (var i = 0; i < digits.Length - 3; i += 3)
            path.Append('x').Append(digits, i, 3).Append('/');
        path.Append(digits, digits.Length - 3, 3);
        if (!IsFull)
            path.Append(CultureInfo.InvariantCulture, $".p/{Width}");
        return path.ToString();
    }

    private static long ParseIndex(string[] groups)
    {
        if (groups.Length is < 1 or > MaxGroups)
            throw Malformed();

        var index = 0L;
        foreach (var group in groups)
            index = index * GroupSize + Number(group.TrimStart('x'), GroupSize - 1);
        return index;
    }

    private static int Number(string digits, int max) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= max
            ? value
            : throw Malformed();

    private static FormatException Malformed() => new("The path is not a tile's in its only spelling.");
}

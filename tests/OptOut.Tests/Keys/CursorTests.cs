using FsCheck;
using FsCheck.Fluent;
using OptOut.Service.Platform.Keys;

namespace OptOut.Tests.Keys;

public sealed class CursorTests
{
    private static readonly Cursor Cursors = new(Rings.One());

    [Fact]
    public void A_cursor_continues_its_own_list()
    {
        var cursor = Cursors.Seal("system=crm", [1, 2, 3]);

        Assert.Equal("AmsxAQIDhc4NCaVPeUS7XMQ95CRGHg", cursor);
        Assert.True(Cursors.TryOpen(cursor, "system=crm", out var position));
        Assert.Equal([1, 2, 3], position);
    }

    [Fact]
    public void A_cursor_with_changed_filters_is_refused()
    {
        Assert.False(Cursors.TryOpen(Cursors.Seal("system=crm", [1]), "system=mailer", out var position));
        Assert.Empty(position);
    }

    [Fact]
    public void A_forged_or_damaged_cursor_is_refused()
    {
        var cursor = Cursors.Seal("f", [1, 2, 3]);
        for (var i = 0; i < cursor.Length; i++)
        {
            Assert.False(Cursors.TryOpen(cursor[..i], "f", out _));
            Assert.False(
                Cursors.TryOpen($"{cursor[..i]}{(cursor[i] == 'w' ? 'g' : 'w')}{cursor[(i + 1)..]}", "f", out _));
        }

        Assert.False(
            Cursors.TryOpen(new Cursor(Rings.Of(Rings.Key("k1", "2026-01-01T00:00:00Z", 9))).Seal("f", [1]), "f",
                out _));
    }

    [Fact]
    public void A_cursor_outlives_a_rotation()
    {
        var rotated = new Cursor(Rings.Of(
            Rings.Key("k2", "2026-02-01T00:00:00Z", 5), Rings.Key("k1", "2026-01-01T00:00:00Z", 0)));

        Assert.True(rotated.TryOpen(Cursors.Seal("f", [1]), "f", out _));
    }

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        Assert.False(Cursors.TryOpen(null, "f", out _));
        Assert.False(Cursors.TryOpen(new string('A', 100_000), "f", out _));
        Prop.ForAll<string>(text => !Cursors.TryOpen(text, "f", out _)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Positions_and_filters_of_any_size_up_to_the_bound_come_back()
    {
        var longest = new byte[Cursor.MaxPositionBytes];
        Assert.True(
            Cursors.TryOpen(Cursors.Seal(new string('f', 10_000), longest), new string('f', 10_000), out var read));
        Assert.Equal(longest, read);
        Assert.True(Cursors.TryOpen(Cursors.Seal("", []), "", out _));
        Assert.Throws<ArgumentException>(() => Cursors.Seal("f", new byte[Cursor.MaxPositionBytes + 1]));
    }
}

using System.Security.Cryptography;
using OptOut.Client;
using OptOut.Client.Gate;
using OptOut.Client.Gate.Feed;
using OptOut.Client.Gate.Snapshots;

namespace OptOut.Tests.Client;

/// <summary>The copy on disk: only the gate's own, of this service, whole and not too old, is used, and never by itself.</summary>
public sealed class SnapshotTests : IDisposable
{
    private static readonly string Key = Convert.ToBase64String(SHA256.HashData("snapshot"u8));
    private static readonly Uri Service = new("https://optout.example.com");

    private readonly string _directory = Directory.CreateTempSubdirectory("optout-snapshot-").FullName;
    private readonly FeedScript _feed = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Path => System.IO.Path.Combine(_directory, "gate");

    [Fact]
    public void What_was_written_comes_back_with_its_cursor_and_its_keys()
    {
        Write();
        var (copy, refusal) = File().Read();
        Assert.Null(refusal);
        Assert.Equal((_feed.Cursor, 1), (copy!.Cursor, copy.Table.Count));

        var session = new FeedSession(copy, _feed.Clock);
        session.Apply(new SseEvent("hello", null, System.Text.Encoding.UTF8.GetBytes(FeedScript.Hello("resume"))));
        var gate = new SuppressionGate(_feed.Clock, _feed.Reports);
        gate.Confirm(copy, _feed.Clock.GetUtcNow(), TimeSpan.Zero, FeedScript.Bound);
        Assert.Equal(SuppressionAnswer.Suppressed, gate.Check("email", "ada@example.com", "marketing.newsletter", "sms"));
        Assert.Equal(SuppressionAnswer.Allowed, gate.Check("email", "bob@example.com", "marketing", "sms"));
    }

    [Fact]
    public void Nothing_of_the_people_or_the_keys_stands_in_the_file()
    {
        Write();
        var bytes = System.IO.File.ReadAllBytes(Path);
        var hash = HMACSHA256.HashData(FeedScript.Key, "email\0ada@example.com"u8)[..8];
        Assert.Equal(-1, bytes.AsSpan().IndexOf(hash));
        Assert.Equal(-1, bytes.AsSpan().IndexOf("marketing"u8));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Path));
    }

    [Fact]
    public void A_tampered_snapshot_is_refused_wherever_it_was_touched()
    {
        Write();
        var bytes = System.IO.File.ReadAllBytes(Path);
        for (var at = 0; at < bytes.Length; at += 3)
        {
            var changed = (byte[])bytes.Clone();
            changed[at] ^= 1;
            System.IO.File.WriteAllBytes(Path, changed);
            Assert.Equal((null, SnapshotRefusal.Unreadable), File().Read());
        }
    }

    [Fact]
    public void A_snapshot_that_was_cut_off_or_grown_is_refused()
    {
        Write();
        var bytes = System.IO.File.ReadAllBytes(Path);
        for (var length = 0; length < bytes.Length; length += 7)
        {
            System.IO.File.WriteAllBytes(Path, bytes[..length]);
            Assert.Equal((null, SnapshotRefusal.Unreadable), File().Read());
        }

        System.IO.File.WriteAllBytes(Path, [.. bytes, 0]);
        Assert.Equal((null, SnapshotRefusal.Unreadable), File().Read());
    }

    [Fact]
    public void A_snapshot_of_another_service_or_under_another_key_is_refused()
    {
        Write();
        Assert.Equal(SnapshotRefusal.Unreadable, File(service: new Uri("https://other.example.com")).Read().Refusal);
        Assert.Equal(SnapshotRefusal.Unreadable,
            File(key: Convert.ToBase64String(SHA256.HashData("other"u8))).Read().Refusal);
    }

    [Fact]
    public void An_old_snapshot_is_refused_and_so_is_one_from_the_future()
    {
        Write();
        _feed.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(SnapshotRefusal.TooOld, File().Read().Refusal);

        Write();
        _feed.Clock.Advance(TimeSpan.FromMinutes(-6));
        Assert.Equal(SnapshotRefusal.FromTheFuture, File().Read().Refusal);
    }

    [Fact]
    public void A_snapshot_that_is_not_there_is_missing() =>
        Assert.Equal(SnapshotRefusal.Missing, File().Read().Refusal);

    private void Write()
    {
        if (_feed.Session.Copy is null) _feed.Ready();
        File().Write(SnapshotHead.Of(_feed.Session.Copy!, _feed.Clock.GetUtcNow()), _feed.Session.Copy!.Table);
    }

    private SnapshotFile File(string? key = null, Uri? service = null) =>
        new(Path, SnapshotKey.Of(key ?? Key, service ?? Service), TimeSpan.FromDays(1), _feed.Clock);
}

namespace OptOut.Service.Platform.Embedded.Hosting;

/// <summary>Unix permissions, which embedded mode stands on: elsewhere it says so instead of running without them.</summary>
internal static class FileModes
{
    public const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerAll = OwnerReadWrite | UnixFileMode.UserExecute;
    public const UnixFileMode EveryoneEnters = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    public const UnixFileMode EveryoneReads = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>
    /// A directory that nobody else may list. Passable: another account may go through it to a folder that it owns.
    /// </summary>
    public static void Make(string path, bool passable)
    {
        if (OperatingSystem.IsWindows())
            throw Unsupported();
        var mode = passable ? OwnerAll | EveryoneEnters : OwnerAll;
        Directory.CreateDirectory(path, mode);
        File.SetUnixFileMode(path, mode);
    }

    public static void Add(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
            throw Unsupported();
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | mode);
    }

    /// <summary>A new file that has its mode from its first byte on.</summary>
    public static FileStream Create(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
            throw Unsupported();
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
        });
    }

    private static EmbeddedServerException Unsupported() =>
        new("Embedded mode runs on Linux and macOS. Set ConnectionStrings__OptOut.");
}

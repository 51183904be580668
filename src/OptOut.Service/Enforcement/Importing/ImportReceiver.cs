using System.Security.Cryptography;
using System.Text;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>What an upload came to.</summary>
/// <param name="Refusal">Why the file as a whole is refused; null where it was taken.</param>
internal sealed record ReceivedFile(byte[] Digest, long Bytes, long Rows, int Chunks, string? Refusal);

/// <summary>Takes a file in, piece by piece, in bounded memory; nothing of it is judged here but its form.</summary>
internal sealed class ImportReceiver(ImportStore store, EnforcementOptions options)
{
    public const string TooLarge = "file_too_large";
    public const string HeaderUnknown = "header_unknown";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="store">False only looks at the bytes, to tell a repeat from another file.</param>
    public async Task<ReceivedFile> TakeAsync(
        Guid id, ImportSettings settings, LineReader lines, bool keep, CancellationToken cancellationToken)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = new List<ImportRow>(ImportStore.ChunkRows);
        var (count, chunks) = (0L, 0);
        var parser = new Parser(settings.Format);
        while (await lines.NextAsync(cancellationToken) is { } chunk)
        {
            using var _ = chunk;
            if (lines.Bytes > options.ImportBytes)
                return new ReceivedFile([], lines.Bytes, count, chunks, TooLarge);
            for (var i = 0; i < chunk.Lines.Count; i++)
            {
                digest.AppendData(chunk[i]);
                if (!keep || parser.Next(chunk[i]) is not { } row)
                    continue;
                rows.Add(row);
                count++;
                if (rows.Count < ImportStore.ChunkRows)
                    continue;
                await store.AddChunkAsync(id, chunks++, rows, cancellationToken);
                rows.Clear();
            }

            if (parser.HeaderUnknown)
                return new ReceivedFile([], lines.Bytes, count, chunks, HeaderUnknown);
        }

        if (keep && parser.End() is { } last)
        {
            rows.Add(last);
            count++;
        }

        if (rows.Count > 0)
            await store.AddChunkAsync(id, chunks++, rows, cancellationToken);
        return new ReceivedFile(digest.GetHashAndReset(), lines.Bytes, count, chunks, null);
    }

    /// <summary>From lines to rows; a quoted field may go over several lines.</summary>
    private sealed class Parser(string format)
    {
        private Dictionary<string, int>? _columns;
        private StringBuilder? _open;
        private bool _needsHeader = ImportFormats.HasHeader(format);
        private bool _isFirst = true;

        public bool HeaderUnknown { get; private set; }

        /// <summary>A row; null for the header, a blank line, and a record that goes on.</summary>
        public ImportRow? Next(ReadOnlySpan<byte> line)
        {
            if (HeaderUnknown)
                return null;
            // Spreadsheets begin a file with a byte order mark.
            if (_isFirst && line.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
                line = line[3..];
            _isFirst = false;
            if (line.IsEmpty)
                return Fail(RowStatus.RowTooLong);
            if (line.Trim(" \t\r\n"u8).IsEmpty && _open is null)
                return null;
            if (format == ImportFormats.Ndjson || (format == ImportFormats.Ses && line.TrimStart(" \t"u8)[0] == '{'))
                return ImportFormats.OfJson(format, line.ToArray());
            try
            {
                return OfText(Utf8.GetString(line));
            }
            catch (DecoderFallbackException)
            {
                return Fail(RowStatus.RowUnreadable);
            }
        }

        /// <summary>A record whose last quote never came.</summary>
        public ImportRow? End() => _open is null ? null : Fail(RowStatus.RowUnreadable);

        private ImportRow? OfText(string text)
        {
            var record = _open is null ? text : _open.Append(text).ToString();
            if (CsvRecord.IsOpen(record))
            {
                if (record.Length > RequestBody.RecordLimit)
                    return Fail(RowStatus.RowTooLong);
                _open ??= new StringBuilder(record);
                return null;
            }

            _open = null;
            var fields = CsvRecord.Split(record);
            if (!_needsHeader)
                return fields is null
                    ? ImportRow.Bad(RowStatus.RowUnreadable) : ImportFormats.OfFields(format, _columns, fields);
            _needsHeader = false;
            _columns = fields is null ? null : ImportFormats.Columns(format, fields);
            HeaderUnknown = _columns is null;
            return null;
        }

        private ImportRow? Fail(RowStatus fault)
        {
            _open = null;
            HeaderUnknown |= _needsHeader;
            return HeaderUnknown ? null : ImportRow.Bad(fault);
        }
    }
}

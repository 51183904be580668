using Npgsql;
using NpgsqlTypes;

namespace OptOut.Service.Platform.Database;

/// <summary>Short forms for positional parameters of batch statements.</summary>
internal static class Sql
{
    public static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Uuids(Guid[] values) => Array(values, NpgsqlDbType.Uuid);
    public static NpgsqlParameter Uuids(Guid?[] values) => Array(values, NpgsqlDbType.Uuid);
    public static NpgsqlParameter Integers(int[] values) => Array(values, NpgsqlDbType.Integer);
    public static NpgsqlParameter Integers(int?[] values) => Array(values, NpgsqlDbType.Integer);
    public static NpgsqlParameter Smallints(short[] values) => Array(values, NpgsqlDbType.Smallint);
    public static NpgsqlParameter Texts(string?[] values) => Array(values, NpgsqlDbType.Text);
    public static NpgsqlParameter Byteas(byte[]?[] values) => Array(values, NpgsqlDbType.Bytea);
    public static NpgsqlParameter Booleans(bool[] values) => Array(values, NpgsqlDbType.Boolean);
    public static NpgsqlParameter Times(DateTimeOffset[] values) => Array(values, NpgsqlDbType.TimestampTz);
    public static NpgsqlParameter Times(DateTimeOffset?[] values) => Array(values, NpgsqlDbType.TimestampTz);
    public static NpgsqlParameter Jsons(string[] values) => Array(values, NpgsqlDbType.Jsonb);

    private static NpgsqlParameter<T[]> Array<T>(T[] values, NpgsqlDbType element) =>
        new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | element };
}

using Microsoft.EntityFrameworkCore;

namespace OptOut.Service.Platform.Database;

/// <summary>The database of wrapped subject keys; EF Core only migrates it.</summary>
internal sealed class KeysDbContext(DbContextOptions<KeysDbContext> options) : DbContext(options);

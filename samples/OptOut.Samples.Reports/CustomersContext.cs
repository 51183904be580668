using Microsoft.EntityFrameworkCore;
using OptOut.Subscriber.EntityFrameworkCore;

namespace OptOut.Samples.Reports;

/// <summary>A customer, as the application knows one.</summary>
internal sealed class Customer
{
    public int Id { get; init; }

    public required string Email { get; init; }
}

/// <summary>The application's model. One line hides who has stopped analytics from every query.</summary>
internal sealed class CustomersContext(DbContextOptions<CustomersContext> options) : DbContext(options)
{
    public DbSet<Customer> Customers => Set<Customer>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Customer>().ToTable("customer").Property(customer => customer.Email).HasColumnName("email");
        modelBuilder.Entity<Customer>().Property(customer => customer.Id).HasColumnName("id");
        modelBuilder.HideOptedOut<Customer>(this, customer => customer.Email, "email", "analytics", "any");
    }
}

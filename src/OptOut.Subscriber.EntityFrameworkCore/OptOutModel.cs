using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace OptOut.Subscriber.EntityFrameworkCore;

/// <summary>
/// Hides people under a stop from ordinary queries, by the mirror that <c>MirrorInPostgres</c> keeps in the same database.
/// </summary>
public static class OptOutModel
{
    private const string View = "optout_stopped";
    private const string Root = "all";
    private const string AnyChannel = "any";

    private static readonly MethodInfo IsFormMethod = ((Func<string, string?, string, bool>)IsForm).Method;

    private static readonly MethodInfo SetMethod =
        typeof(DbContext).GetMethod(nameof(DbContext.Set), 1, Type.EmptyTypes)!.MakeGenericMethod(typeof(MirroredStop));

    /// <summary>
    /// Adds a query filter: rows whose identifier is under a stop that covers the purpose and channel are not found, unless
    /// the query says <c>IgnoreQueryFilters</c>. Call it in <c>OnModelCreating</c>.
    /// </summary>
    /// <typeparam name="T">The entity that holds people.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="context">The context whose model it is: <c>this</c>.</param>
    /// <param name="identifier">The column; e-mail addresses in any case, others in canonical form.</param>
    /// <param name="type">The identifier's type, such as <c>email</c>.</param>
    /// <param name="purpose">What the queries are for.</param>
    /// <param name="channel">By which channel the result is used.</param>
    public static EntityTypeBuilder<T> HideOptedOut<T>(
        this ModelBuilder model, DbContext context, Expression<Func<T, string?>> identifier, string type, string purpose,
        string channel)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(identifier);
        AddMirror(model);
        var purposes = SelfAndAncestors(purpose);
        string[] channels = channel == AnyChannel ? [AnyChannel] : [AnyChannel, channel];

        // NOT EXISTS (a mirrored stop of one of the identifier's forms that covers purpose and channel)
        var stop = Expression.Parameter(typeof(MirroredStop), "stop");
        Expression<Func<MirroredStop, bool>> covers = s =>
            s.IdentifierType == type && purposes.Contains(s.Purpose) && channels.Contains(s.Channel);
        var isTheirs = Expression.Call(
            IsFormMethod, Expression.Constant(type), identifier.Body,
            Expression.Property(stop, nameof(MirroredStop.Identifier)));
        var any = Expression.Call(
            typeof(Queryable), nameof(Queryable.Any), [typeof(MirroredStop)],
            Expression.Call(Expression.Constant(context, context.GetType()), SetMethod),
            Expression.Lambda<Func<MirroredStop, bool>>(
                Expression.AndAlso(new Swap(covers.Parameters[0], stop).Visit(covers.Body), isTheirs), stop));
        return model.Entity<T>().HasQueryFilter(
            Expression.Lambda<Func<T, bool>>(Expression.Not(any), identifier.Parameters));
    }

    /// <summary>
    /// Whether a stop under <paramref name="identifier"/> covers this value: itself, its hash, or its form without a
    /// plus-tag. Runs in the database alone, as the function <c>optout_is_form</c>.
    /// </summary>
    public static bool IsForm(string type, string? value, string identifier) =>
        throw new InvalidOperationException("This is a function of the database.");

    private static void AddMirror(ModelBuilder model)
    {
        if (model.Model.FindEntityType(typeof(MirroredStop)) is not null) return;
        model.HasDbFunction(IsFormMethod).HasName("optout_is_form");
        model.Entity<MirroredStop>(stop =>
        {
            stop.HasNoKey().ToView(View);
            stop.Property(s => s.IdentifierType).HasColumnName("identifier_type");
            stop.Property(s => s.IdentifierForm).HasColumnName("identifier_form");
            stop.Property(s => s.Identifier).HasColumnName("identifier");
            stop.Property(s => s.Purpose).HasColumnName("purpose");
            stop.Property(s => s.Channel).HasColumnName("channel");
            stop.Property(s => s.OptOutId).HasColumnName("opt_out_id");
            stop.Property(s => s.Version).HasColumnName("version");
            stop.Property(s => s.Since).HasColumnName("since");
        });
    }

    private static string[] SelfAndAncestors(string purpose)
    {
        var chain = new List<string> { purpose };
        for (var dot = purpose.LastIndexOf('.'); dot > 0; dot = purpose.LastIndexOf('.'))
            chain.Add(purpose = purpose[..dot]);
        return purpose == Root ? [.. chain] : [.. chain, Root];
    }

    private sealed class Swap(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) =>
            node == from ? to : base.VisitParameter(node);
    }
}

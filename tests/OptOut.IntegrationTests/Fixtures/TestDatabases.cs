namespace OptOut.IntegrationTests.Fixtures;

/// <summary>Connection strings of a fresh pair of databases, main and keys, that nothing else uses.</summary>
/// <param name="Admin">The cluster's superuser in the main database: to look at, and to break, what the service may not.</param>
/// <param name="Owner">Owns both databases; migrates.</param>
/// <param name="Service">The service's login in the main database.</param>
/// <param name="Keys">The owner's login in the keys database.</param>
/// <param name="KeysService">The service's login in the keys database.</param>
public sealed record TestDatabases(string Admin, string Owner, string Service, string Keys, string KeysService);

namespace OptOut.Service.Platform.Http;

/// <summary>Endpoint metadata: who may call a route, as far as its documentation needs to know.</summary>
internal interface IRoutePermission
{
    /// <summary>Works without a key.</summary>
    bool IsPublic { get; }

    /// <summary>A key is looked at where one is sent.</summary>
    bool ReadsKey { get; }

    /// <summary>The roles of which one is enough.</summary>
    IReadOnlyList<string> RoleWords { get; }
}

using System.Net;
using System.Net.Sockets;

namespace OptOut.Service.Platform.Embedded.Hosting;

internal static class LoopbackPort
{
    /// <summary>A port nobody listens on now. Another may take it before it is used: the caller tries again then.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static bool IsTaken(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}

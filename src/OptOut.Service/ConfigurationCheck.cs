using OptOut.Service.Access;
using OptOut.Service.Audit.Alerts;
using OptOut.Service.Audit.Witnessing;
using OptOut.Service.Enforcement;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Probes;
using OptOut.Service.Recording.GroupCommit;
using OptOut.Service.Subjects;

namespace OptOut.Service;

/// <summary>
/// Reads every part of the configuration before anything is started, so that an operator hears of all faults at once and
/// not of one with each start.
/// </summary>
internal sealed class ConfigurationCheck
{
    private readonly List<string> _faults = [];

    /// <exception cref="ConfigurationException">With every fault.</exception>
    public static ServiceSettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var check = new ConfigurationCheck();
        var settings = check.Take(() => ServiceSettings.From(configuration, environment));
        if (configuration["OptOut:MasterKeyFile"] is { Length: > 0 } file)
            check.Take(() => KeyRing.Load(file));
        check.Take(() => HttpOptions.From(configuration));
        check.Take(() => BootstrapKey.From(configuration));
        check.Take(() => SubjectsCapability.OptionsOf(configuration));
        check.Take(() => RecordingLimits.From(configuration));
        check.Take(() => WitnessSettings.From(configuration));
        check.Take(() => EnforcementOptions.From(configuration));
        check.Take(() => AlertSettings.From(configuration, settings?.Channels.AllowPrivateTargets ?? true));
        check.Take(() => ProbeSettings.From(configuration));
        check.TakeAddresses(configuration["Urls"]);
        return check._faults.Count == 0 ? settings! : throw new ConfigurationException([.. check._faults.Distinct()]);
    }

    private T? Take<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (ConfigurationException exception)
        {
            _faults.AddRange(exception.Faults);
        }
        catch (Exception exception) when (exception is KeyRingException or InvalidOperationException)
        {
            // The second is the binder's: it names the setting that has another form. No secret is bound.
            _faults.Add(exception.Message);
        }

        return null;
    }

    private void TakeAddresses(string? urls)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            try
            {
                BindingAddress.Parse(url);
            }
            catch (FormatException)
            {
                _faults.Add("Urls holds what is no address to listen at, as http://127.0.0.1:8080 is.");
            }
        }
    }
}

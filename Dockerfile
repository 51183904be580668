# The service, its witness, and the two samples that docker-compose.yml runs: one build, small images, none of them root.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
ENV CI=true DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/ src/
COPY samples/ samples/
# Restores exactly as the lock files say.
RUN dotnet publish src/OptOut.Service -c Release -o /out/service \
 && dotnet publish src/OptOut.Cli -c Release -o /out/cli \
 && dotnet publish samples/OptOut.Samples.Crm -c Release -o /out/crm \
 && dotnet publish samples/OptOut.Samples.Mailer -c Release -o /out/mailer \
 && mkdir -p /out/data

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime
WORKDIR /app
COPY --chmod=755 deploy/container/ /usr/local/bin/

FROM runtime AS crm
COPY --from=build /out/crm ./
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=5s --retries=6 CMD ["check-health", "8091"]
ENTRYPOINT ["with-secrets", "dotnet", "OptOut.Samples.Crm.dll"]

FROM runtime AS mailer
COPY --from=build /out/mailer ./
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=5s --retries=6 CMD ["check-health", "8092"]
ENTRYPOINT ["with-secrets", "dotnet", "OptOut.Samples.Mailer.dll"]

FROM runtime AS witness
COPY --from=build /out/cli ./
# What it must never forget: owned by its account, and a volume takes that over.
COPY --from=build --chown=$APP_UID:$APP_UID /out/data /var/lib/witness
USER $APP_UID
EXPOSE 8095
VOLUME /var/lib/witness
HEALTHCHECK --interval=10s --timeout=5s --retries=6 CMD ["check-health", "8095"]
ENTRYPOINT ["dotnet", "OptOut.Cli.dll", "witness"]

FROM runtime AS service
COPY --from=build /out/service ./
# Where the service writes: owned by its account, and a volume takes that over.
COPY --from=build --chown=$APP_UID:$APP_UID /out/data /var/lib/optout
USER $APP_UID
ENV Urls=http://0.0.0.0:8080 OptOut__DataDirectory=/var/lib/optout
EXPOSE 8080
VOLUME /var/lib/optout
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 CMD ["check-health", "8080"]
ENTRYPOINT ["dotnet", "OptOut.Service.dll"]

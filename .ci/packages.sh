# Sourced by ./run and ./test: which Debian packages this machine lacks, and how they are installed.

have_rabbitmq() { [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null; }
have_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }
have_chromium() { [ -x /usr/bin/chromium ] || command -v chromium >/dev/null; }
have_node() { command -v node >/dev/null && command -v npm >/dev/null; }
have_python() { command -v python3 >/dev/null; }
# A real mail server for the tests; Debian's own python finds it, another on the path may not.
have_aiosmtpd() { /usr/bin/python3 -c "import aiosmtpd" 2>/dev/null; }
have_curl() { command -v curl >/dev/null; }
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# The embedded servers are private: a packaged server that the installation would start is told not to.
install_packages() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  options=(-q -y --no-install-recommends -o DPkg::Lock::Timeout=120)
  apt-get install "${options[@]}" "$@" ||
    { apt-get update -q && apt-get install "${options[@]}" "$@"; }
)

# The Node sample's one dependency, as its lock file pins it. No Node, no sample.
node_packages_needed() { command -v npm >/dev/null && [ ! -d samples/node-analytics/node_modules/amqplib ]; }
install_node_packages() { npm ci --prefix samples/node-analytics --silent --no-audit --no-fund --ignore-scripts; }

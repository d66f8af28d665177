#!/bin/sh
# Checks that the machine has the tools named as arguments: python node maven libcurl haproxy
# chromium prometheus images. As root on a machine with apt, it installs the missing ones. Otherwise,
# it says what to install. --print-python only prints the Python to use. POSIX sh, because this
# script runs before anything is installed.
set -eu

PROMETHEUS=.local/prometheus

python_to_use() {
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
    then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

node_is_recent() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
}

has_libcurl() { # mongod needs it. ldconfig is not on every user's PATH.
  PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q 'libcurl\.so\.4'
}

has() {
  case "$1" in
    python) python_to_use >/dev/null ;;
    node) node_is_recent 2>/dev/null ;;
    maven) command -v mvn >/dev/null ;;
    libcurl) has_libcurl ;;
    haproxy) command -v haproxy >/dev/null || test -x /usr/sbin/haproxy ;;
    chromium) test -x /usr/bin/chromium ;;
    prometheus) command -v promtool >/dev/null || test -x "$PROMETHEUS/usr/bin/promtool" ;;
    images) command -v buildah >/dev/null && command -v mmdebstrap >/dev/null &&
      command -v runc >/dev/null ;;
    *) echo "prerequisites.sh: unknown name '$1'" >&2; exit 2 ;;
  esac
}

packages() {
  case "$1" in
    python) echo python3 python3-venv ;;
    node) echo nodejs npm ;;
    maven) echo maven ;;
    libcurl) echo libcurl4 ;;
    haproxy) echo haproxy ;;
    chromium) echo chromium ;;
    prometheus) echo prometheus ;;
    images) echo buildah mmdebstrap runc ;;
  esac
}

# Unpacks Prometheus into .local, because installing the package would start a service.
unpack_prometheus() {
  mkdir -p "$PROMETHEUS"
  (cd "$PROMETHEUS" && apt-get download -qq prometheus >/dev/null && dpkg -x prometheus_*.deb . &&
    rm -f prometheus_*.deb)
}

description() {
  case "$1" in
    python) echo 'Python 3.11 or newer, with venv' ;;
    node) echo 'Node.js 20.19 or newer, with npm' ;;
    maven) echo 'Maven (mvn), to download Apache Kafka' ;;
    libcurl) echo 'libcurl4, for mongod' ;;
    haproxy) echo 'HAProxy 2.6 or newer, the address of the UI' ;;
    prometheus) echo 'Prometheus with promtool, for the tests' ;;
    images) echo 'buildah, mmdebstrap and runc, for the tests of the images' ;;
    chromium) echo 'Chromium as /usr/bin/chromium, for the tests' ;;
  esac
}

if [ "${1:-}" = --print-python ]; then
  python_to_use
  exit
fi

missing=
for name in "$@"; do
  has "$name" || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  for name in $missing; do
    echo "installing through apt: $(packages "$name")"
  done
  # If apt fails, the check below names what is still missing.
  apt-get update -qq || true
  for name in $missing; do
    if [ "$name" = prometheus ]; then
      unpack_prometheus || true
      continue
    fi
    # shellcheck disable=SC2046 # a list of words
    apt-get install -y -qq --no-install-recommends $(packages "$name") >/dev/null || true
  done
fi

failed=
for name in $missing; do
  has "$name" && continue
  failed=1
  echo "missing: $(description "$name") (Debian and Ubuntu: apt-get install $(packages "$name"))" >&2
done
[ -z "$failed" ]

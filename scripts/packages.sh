# Debian packages: which ones building and testing need, and how missing ones get here.
# For ./run and ./test, which source this file.
# shellcheck shell=bash disable=SC2034

# A package may name the program that stands for it, so that a newer one from elsewhere counts too.
build_packages=(
  g++ cmake ninja-build pkg-config libboost1.81-dev libboost-json1.81-dev
  libboost-context1.81-dev libxxhash-dev libmimalloc-dev liburing-dev libspdlog-dev libfmt-dev
  liblzf-dev liblua5.1-0-dev lua-cjson-dev lua-bitop-dev libssl-dev zlib1g-dev
  libbsd-dev libsystemd-dev
  libgtest-dev libgmock-dev libbenchmark-dev redis-tools:redis-cli)
test_packages=(
  python3 python3-pytest python3-redis python3-jwt python3-cryptography redis-server openssl procps
  nodejs:node npm:npm chromium
  python3-rq python3-celery ruby-sidekiq prometheus-redis-exporter)
# What Debian would start as a service when it is installed.
services=(redis-server prometheus-redis-exporter)
fuzz_packages=(clang-19 libclang-rt-19-dev)

say() { printf '==> %s\n' "$*"; }

# Prints those of the packages that are not here.
missing_packages() {
  local entry name program
  for entry in "$@"; do
    name=${entry%%:*}
    program=${entry#*:}
    if [[ $entry == *:* ]] && command -v "$program" >/dev/null; then continue; fi
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$name"
  done
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# Installs what is missing. None of it shall run as a service: redis-server would take the port of
# the demo.
install_packages() {
  local missing service
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} == 0 ]] && return 0
  say "Installing with apt-get: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [[ -d /run/systemd/system ]] || return 0
  for service in "${services[@]}"; do
    if [[ " ${missing[*]} " == *" $service "* ]]; then
      as_root systemctl disable --now --quiet "$service"
    fi
  done
}

# Configures build/<preset>; a compiler cache is used where there is one.
configure() {
  local preset=$1 launcher=()
  shift
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  cmake --preset "$preset" "${launcher[@]}" "$@" >/dev/null
}

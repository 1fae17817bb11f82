# Required system software: how to detect it and how to install it with apt.
# shellcheck shell=bash

# present THING: whether it is usable. Checks for the thing itself, not its package, because it may be installed in
# another way.
present() {
  case "$1" in
    redis) redis_program >/dev/null ;;
    mariadb) mariadb_installed ;;
    compiler) have g++ && have make && have python3 ;;
    unixodbc) [ -n "$(find_header sql.h)" ] && have odbcinst ;;
    odbc-sqlite) odbc_driver SQLite3 ;;
    odbc-mariadb) odbc_driver 'MariaDB Unicode' ;;
    odbc-postgresql) odbc_driver 'PostgreSQL Unicode' ;;
    chromium) browser_program >/dev/null ;;
    fonts) [ -d /usr/share/fonts/truetype/noto ] && [ -e /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf ] ;;
    *) fail "unknown software: $1" ;;
  esac
}

# Prints the Debian and Ubuntu packages that provide it. None of them starts a service.
packages_of() {
  case "$1" in
    redis) echo redis-tools ;;
    mariadb) echo mariadb-server-core mariadb-client-core ;;
    compiler) echo g++ make python3 ;;
    unixodbc) echo unixodbc unixodbc-dev odbcinst ;;
    odbc-sqlite) echo libsqliteodbc ;;
    odbc-mariadb) echo odbc-mariadb ;;
    odbc-postgresql) echo odbc-postgresql ;;
    chromium) echo chromium ;;
    fonts) echo fonts-noto-core fonts-noto-color-emoji ;;
  esac
}

find_header() {
  local folder
  for folder in /usr/include /usr/local/include /opt/homebrew/include; do
    [ ! -e "$folder/$1" ] || echo "$folder/$1"
  done
}

odbc_driver() { odbcinst -q -d 2>/dev/null | grep -qF "[$1]"; }

browser_program() {
  local name
  if [ -n "${CHROMIUM_PATH:-}" ]; then
    [ -x "$CHROMIUM_PATH" ] && echo "$CHROMIUM_PATH"
    return
  fi
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if have "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

# need_packages THING...: installs the missing ones; if it cannot, names exactly which are missing.
need_packages() {
  local thing missing=() packages=()
  for thing in "$@"; do
    present "$thing" || missing+=("$thing")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  # shellcheck disable=SC2207 # package names hold no spaces
  for thing in "${missing[@]}"; do packages+=($(packages_of "$thing")); done
  install_packages "${packages[@]}"
  for thing in "${missing[@]}"; do
    present "$thing" || fail "$thing is still missing after installing: $(packages_of "$thing")"
  done
}

install_packages() {
  have apt-get || fail "this machine has no apt-get, and these packages are missing (Debian names): $*" \
    "Install them with your own package manager, or run the demo in containers: docker compose up demo"
  local sudo=() log
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || fail "these packages are missing and $(id -un) may not install them: $*" \
      "Ask an administrator for: apt-get install --no-install-recommends $*" \
      "or run the demo in containers: docker compose up demo"
    sudo=(sudo)
    # Ask for the password here, where the user sees the prompt; the later output goes to a log.
    sudo -v || fail "sudo was denied, and these packages are missing: $*" \
      "Ask an administrator for: apt-get install --no-install-recommends $*"
  fi
  log=$(setup_log apt)
  step "$log" "installing Debian packages ($*)" apt_install ${sudo[@]+"${sudo[@]}"} -- "$@" ||
    fail "apt-get could not install: $*" "Full output: $log"
}

# apt_install [sudo] -- PACKAGE...: installs packages, and updates the package lists if the first attempt fails, because
# a fresh machine has empty or old lists. --no-remove: an installed MySQL must not be replaced by our MariaDB.
apt_install() {
  local sudo=()
  [ "$1" = -- ] || { sudo=("$1") && shift; }
  shift
  local apt=(${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120)
  "${apt[@]}" install --no-install-recommends --no-remove "$@" && return 0
  "${apt[@]}" update
  "${apt[@]}" install --no-install-recommends --no-remove "$@"
}

# Node, the npm packages and the compiled sources.
# shellcheck shell=bash

NODE_ADVICE="Install Node.js 22 or 24 (at least 20.19): https://nodejs.org/en/download"

check_node() {
  have node || fail "node is not on the PATH." "$NODE_ADVICE"
  have npm || fail "npm is not on the PATH." "It comes with Node.js; some distributions call the package npm."
  local version major minor
  version=$(node -p process.versions.node)
  major=${version%%.*}
  minor=${version#*.} minor=${minor%%.*}
  case "$major" in
    20) [ "$minor" -ge 19 ] && return ;;
    22) [ "$minor" -ge 12 ] && return ;;
    *) [ "$major" -ge 24 ] && return ;;
  esac
  fail "Node.js $version is not supported." "$NODE_ADVICE"
}

# A hash of the requested packages and of everything that compiled addons depend on.
npm_fingerprint() {
  # shellcheck disable=SC2016 # JavaScript, not ours to expand
  node -e '
    const { createHash } = require("node:crypto");
    const { readFileSync } = require("node:fs");
    const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}`);
    for (const file of ["package.json", "package-lock.json", ".npmrc"]) hash.update(readFileSync(file));
    console.log(hash.digest("hex"));'
}

npm_install() {
  local stamp=node_modules/.pims-sync-installed
  if [ "$(read_file "$stamp")" != "$(npm_fingerprint)" ]; then
    local log
    log=$(setup_log npm)
    : >"$log"
    use_local_headers
    # Not "npm ci": the lock file may lack optional binaries of other platforms, which only "npm install" tolerates; it
    # would add them to the lock file, so it saves nothing.
    step "$log" "installing npm packages" npm install --no-save --include=dev --no-audit --no-fund --no-progress ||
      fail "npm install failed." "Full output: $log"
    need_odbc
    npm_fingerprint >"$stamp"
  fi
}

# node-gyp would download Node's headers, but most Node installations already contain them.
use_local_headers() {
  local prefix
  [ -z "${npm_config_nodedir:-}" ] || return 0
  prefix=$(node -p 'require("node:path").resolve(process.execPath, "../..")')
  if [ -f "$prefix/include/node/node_api.h" ]; then export npm_config_nodedir=$prefix; fi
}

# npm treats odbc as optional and skips it silently if it does not compile. The demo and the tests read Cornerstone
# through it, so build it again here and show the output.
need_odbc() {
  odbc_loads && return 0
  local log
  log=$(setup_log odbc)
  : >"$log"
  step "$log" "building the odbc addon" build_odbc || true
  odbc_loads || fail "the odbc addon does not build on this machine." \
    "It needs a C++ compiler, make, python3, the unixODBC headers (unixodbc-dev) and Node's own headers" \
    "(in $(node -p 'require("node:path").resolve(process.execPath, "../../include/node")'), or downloaded from nodejs.org)." \
    "Full output: $log"
}

odbc_loads() { node -e 'require("odbc")' >/dev/null 2>&1; }

build_odbc() {
  [ -d node_modules/odbc ] || npm install --no-save --ignore-scripts --no-audit --no-fund odbc
  npm rebuild odbc --foreground-scripts
}

# Compiles if a source is newer than the last successful build.
npm_build() {
  sources_changed || return 0
  local log began=.local/build-began
  log=$(setup_log build)
  : >"$log"
  touch "$began"
  step "$log" "compiling" npm run build || fail "the sources do not compile." "Full output: $log"
  # Stamped with the start time of the build, so a source saved meanwhile is compiled next time.
  touch -r "$began" dist/.built
}

# Folders are checked too, so a deleted file is noticed.
sources_changed() {
  [ -f dist/.built ] || return 0
  [ -n "$(find src demo benchmark tsconfig.json tsconfig.build.json package.json scripts/build-assets.js -newer dist/.built | head -n 1)" ]
}

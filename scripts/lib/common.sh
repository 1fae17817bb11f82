# Shared by the scripts here: where the project is, how they speak, how they give up.
# Sourced, never run. Works with the bash 3.2 that macOS ships.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# mariadbd and friends live in sbin, which is not on every user's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

# Speaks to the person. A closed terminal must not stop a clean-up half-way, so a failed write is no failure.
say() { printf '%s\n' "$*" >&2 || true; }

# fail SENTENCE [NEXT_STEP...]: what is wrong, what to do, exit status 1.
fail() {
  say "${0##*/}: $1"
  shift
  local line
  for line in "$@"; do say "  $line"; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Seconds with a fraction where bash can tell, whole seconds elsewhere.
now() { printf '%s' "${EPOCHREALTIME:-$(date +%s)}" | tr ',' '.'; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

# absolute PATH: relative paths are taken from the project, not from where the caller stands.
absolute() { case "$1" in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$ROOT" "$1" ;; esac; }

read_file() { [ ! -f "$1" ] || cat "$1"; }

# setup_log NAME: a log file for one step of setting up, outside every instance so that wiping one keeps it.
setup_log() {
  mkdir -p "$ROOT/.local/log"
  echo "$ROOT/.local/log/setup-$1.log"
}

# step LOGFILE LABEL COMMAND...: one line saying what is done and how long it took. The command's own words go
# to the log, and their end to the screen when it fails.
step() {
  local log=$1 label=$2 begin
  shift 2
  begin=$(now)
  printf '%s ... ' "$label" >&2 || true
  if "$@" >>"$log" 2>&1 </dev/null; then
    say "$(since "$begin")"
    return 0
  fi
  say "failed after $(since "$begin"). The end of $log:"
  tail -n 25 "$log" >&2 || true
  return 1
}

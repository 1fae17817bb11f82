# Shared by the scripts: the project folder, messages and errors. Sourced, never run. Works with bash 3.2, which macOS
# ships.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# mariadbd and its tools are in sbin, which is not on every user's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

# Prints a message for the user. Ignores a failed write, because a closed terminal must not stop a cleanup half-way.
say() { printf '%s\n' "$*" >&2 || true; }

# fail SENTENCE [NEXT_STEP...]: prints the error and the next steps, exits with status 1.
fail() {
  say "${0##*/}: $1"
  shift
  local line
  for line in "$@"; do say "  $line"; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Seconds, with a fraction if bash supports it.
now() { printf '%s' "${EPOCHREALTIME:-$(date +%s)}" | tr ',' '.'; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

# absolute PATH: resolves a relative path against the project folder, not the current folder.
absolute() { case "$1" in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$ROOT" "$1" ;; esac; }

read_file() { [ ! -f "$1" ] || cat "$1"; }

# setup_log NAME: creates the log file of one setup step, outside every instance so that wiping an instance keeps it.
setup_log() {
  mkdir -p "$ROOT/.local/log"
  echo "$ROOT/.local/log/setup-$1.log"
}

# step LOGFILE LABEL COMMAND...: prints one line with the label and the duration. The command's output goes to the log;
# if the command fails, the end of the log is printed too.
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

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

# wait_until SECONDS COMMAND...: polls every 50 ms; status 1 when the time is over.
wait_until() {
  local tries=$(($1 * 20))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}

# limited SECONDS COMMAND...: gives up on a command that hangs, where the machine has a timeout command.
limited() {
  if have timeout; then timeout "$@"; else "${@:2}"; fi
}

# hold_lock FILE SECONDS: keeps fd 9 locked until this process ends. macOS has no flock; there, two
# scripts at the very same moment are the person's own care.
hold_lock() {
  have flock || return 0
  exec 9>"$1"
  flock -w "$2" 9
}

# spawn LOGFILE ARGV0 PROGRAM ARGS...: starts a process that outlives us and that Ctrl-C in our terminal does
# not reach, and sets SPAWNED to its process id. ARGV0 is the name the program sees itself called by.
spawn() {
  local log=$1 argv0=$2
  shift 2
  local detach=()
  ! have setsid || detach=(setsid)
  # shellcheck disable=SC2016 # expanded by the inner bash
  ${detach[@]+"${detach[@]}"} bash -c 'trap "" HUP; name=$1; shift; exec -a "$name" "$@"' spawn "$argv0" "$@" \
    </dev/null >>"$log" 2>&1 9>&- &
  # shellcheck disable=SC2034 # read by the callers
  SPAWNED=$!
}

# process_has PID TEXT: is that process alive, and does its command line hold TEXT? Process ids are given
# again, so a pid file alone proves nothing.
process_has() {
  local pid=$1 text=$2 line
  case "$pid" in '' | *[!0-9]*) return 1 ;; esac
  if [ -d /proc/self ]; then
    line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 1
  else
    line=$(ps -o args= -p "$pid" 2>/dev/null) || return 1
  fi
  case "$line" in *"$text"*) return 0 ;; *) return 1 ;; esac
}

# stop_process PID TEXT SECONDS: asks, waits, then insists.
stop_process() {
  local pid=$1 text=$2 seconds=$3
  process_has "$pid" "$text" || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait_until "$seconds" process_gone "$pid" "$text" && return 0
  say "process $pid did not stop in $seconds s, killing it"
  kill -KILL "$pid" 2>/dev/null || true
  wait_until 5 process_gone "$pid" "$text"
}

process_gone() { ! process_has "$1" "$2"; }

read_file() { [ ! -f "$1" ] || cat "$1"; }

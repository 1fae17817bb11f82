# Starts, recognises and stops processes.
# shellcheck shell=bash

# limited SECONDS COMMAND...: stops a command that hangs, if the machine has a timeout command.
limited() {
  if have timeout; then timeout "$@"; else "${@:2}"; fi
}

# wait_until SECONDS COMMAND...: polls every 50 ms; returns status 1 after the timeout.
wait_until() {
  local tries=$(($1 * 20))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}

# hold_lock FILE SECONDS: keeps fd 9 locked until this process ends. macOS has no flock; there, users must not start two
# scripts at the same moment.
hold_lock() {
  have flock || return 0
  exec 9>"$1"
  flock -w "$2" 9
}

# hear_interrupt SCRIPT ARGS...: restarts the script with SIGINT enabled. A script that another script started in the
# background inherits an ignored Ctrl-C, which bash itself cannot undo.
hear_interrupt() {
  case "$(trap -p INT)" in
    *"''"*) ! env --default-signal=INT true 2>/dev/null || exec env --default-signal=INT "$@" ;;
  esac
}

# detached COMMAND...: starts it in its own process group, so that Ctrl-C in our terminal reaches this script only, and
# sets SPAWNED to its process id. The child does not inherit our lock, which must end with this script.
detached() {
  if have setsid; then
    setsid "$@" 9>&- &
  else
    set -m
    "$@" 9>&- &
    set +m
  fi
  # shellcheck disable=SC2034 # read by the callers
  SPAWNED=$!
}

# spawn LOGFILE ARGV0 PROGRAM ARGS...: starts a server that outlives this script. ARGV0 is its process name.
spawn() {
  local log=$1
  shift
  # shellcheck disable=SC2016 # expanded by the inner bash
  detached bash -c 'trap "" HUP; name=$1; shift; exec -a "$name" "$@"' spawn "$@" </dev/null >>"$log" 2>&1
}

# process_has PID TEXT: whether that process is alive and its command line contains TEXT. The system reuses process ids,
# so a pid file alone proves nothing.
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

process_gone() { ! process_has "$1" "$2"; }

# stop_process PID TEXT SECONDS: sends SIGTERM, waits, then sends SIGKILL.
stop_process() {
  local pid=$1 text=$2 seconds=$3
  process_has "$pid" "$text" || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait_until "$seconds" process_gone "$pid" "$text" && return 0
  say "process $pid did not stop in $seconds s, killing it"
  kill -KILL "$pid" 2>/dev/null || true
  wait_until 5 process_gone "$pid" "$text"
}

# The private Redis of one instance folder: $INSTANCE/redis (data, port, pid), log in $INSTANCE/log/redis.log.
# shellcheck shell=bash

# Debian's redis-tools contains the server without a service: redis-check-rdb is the same program and acts as the server
# when called by that name.
redis_program() {
  local name
  for name in redis-server valkey-server redis-check-rdb; do
    if have "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

redis_client() { if have redis-cli; then echo redis-cli; else echo valkey-cli; fi; }

redis_port() { read_file "$INSTANCE/redis/port"; }
redis_url() { printf 'redis://127.0.0.1:%s' "$(redis_port)"; }

# It is ours only if it is our process and uses our folder.
redis_answers() {
  local dir
  redis_running || return 1
  dir=$(limited 5 "$(redis_client)" -h 127.0.0.1 -p "$(redis_port)" --raw config get dir 2>/dev/null | sed -n 2p) || return 1
  [ "$dir" = "$(cd "$INSTANCE/redis/data" 2>/dev/null && pwd -P)" ]
}

redis_running() { process_has "$(read_file "$INSTANCE/redis/pid")" "127.0.0.1:$(redis_port)"; }

redis_start() {
  redis_answers && return 0
  redis_stop
  mkdir -p "$INSTANCE/redis/data"
  local attempt
  for attempt in 1 2 3; do
    pick_port "$INSTANCE/redis/port"
    redis_spawn
    wait_until 30 redis_answers_or_dead || true
    redis_answers && return 0
    redis_stop
    rm -f "$INSTANCE/redis/port"
    say "Redis did not start (attempt $attempt of 3), trying another port"
  done
  fail "the private Redis does not start." "Its log: $INSTANCE/log/redis.log" \
    "If its data is damaged and can be deleted: rm -rf $INSTANCE/redis"
}

# Append-only file on and no eviction, as BullMQ requires of a Redis that must not lose jobs.
redis_spawn() {
  spawn "$INSTANCE/log/redis.log" redis-server "$(redis_program)" \
    --bind 127.0.0.1 --port "$(redis_port)" --dir "$INSTANCE/redis/data" \
    --appendonly yes --appendfsync everysec --save "" --maxmemory-policy noeviction \
    --daemonize no
  echo "$SPAWNED" >"$INSTANCE/redis/pid"
}

redis_answers_or_dead() { redis_answers || ! kill -0 "$SPAWNED" 2>/dev/null; }

redis_stop() {
  [ -f "$INSTANCE/redis/pid" ] || return 0
  stop_process "$(read_file "$INSTANCE/redis/pid")" "127.0.0.1:$(redis_port)" 10
  rm -f "$INSTANCE/redis/pid"
}

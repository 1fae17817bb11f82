# The private MariaDB of one instance folder: $INSTANCE/mariadb (data, tmp, port, pid, password, users.sql), log in
# $INSTANCE/log/mariadb.log. It listens on loopback TCP only and has no socket file, so the length of the project path
# does not matter.
# shellcheck shell=bash

MARIADB_COMMANDS="mariadbd mariadb-install-db my_print_defaults mariadb"

mariadb_installed() {
  local name
  for name in $MARIADB_COMMANDS; do have "$name" || return 1; done
}

mariadb_port() { read_file "$INSTANCE/mariadb/port"; }
mariadb_password() { read_file "$INSTANCE/mariadb/password"; }
mariadb_url() { printf 'mysql://pims:%s@127.0.0.1:%s/pims_sync' "$(mariadb_password)" "$(mariadb_port)"; }

# The password belongs to this instance, so a server that accepts it is ours (and has run --init-file).
mariadb_answers() {
  mariadb_running || return 1
  MYSQL_PWD=$(mariadb_password) limited 5 mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$(mariadb_port)" \
    --user=pims --connect-timeout=2 --batch --execute='select 1' pims_sync >/dev/null 2>&1
}

mariadb_running() { process_has "$(read_file "$INSTANCE/mariadb/pid")" "--datadir=$INSTANCE/mariadb/data"; }

mariadb_start() {
  mariadb_answers && return 0
  mariadb_stop
  mkdir -p "$INSTANCE/mariadb/tmp"
  mariadb_make_data
  mariadb_write_users
  local attempt
  for attempt in 1 2 3; do
    pick_port "$INSTANCE/mariadb/port"
    mariadb_spawn
    wait_until 60 mariadb_answers_or_dead || true
    mariadb_answers && return 0
    mariadb_stop
    rm -f "$INSTANCE/mariadb/port"
    say "MariaDB did not start (attempt $attempt of 3), trying another port"
  done
  fail "the private MariaDB does not start." "Its log: $INSTANCE/log/mariadb.log" \
    "If its data is damaged and can be deleted: rm -rf $INSTANCE/mariadb"
}

# Created under another name and renamed when complete, so an existing data folder is always complete.
mariadb_make_data() {
  local data=$INSTANCE/mariadb/data
  [ ! -d "$data" ] || return 0
  rm -rf "$data.new"
  mkdir -p "$data.new"
  # Run from the folder with a relative path: as root, mariadb-install-db splits a path at its spaces.
  # shellcheck disable=SC2046 # one word or none
  (cd "$INSTANCE/mariadb" && mariadb-install-db --no-defaults $(mariadb_as_root) --datadir=./data.new --skip-test-db \
    --skip-name-resolve --auth-root-authentication-method=socket --innodb-log-file-size=4M) \
    >>"$INSTANCE/log/mariadb.log" 2>&1 ||
    fail "MariaDB could not create its data folder." "Its log: $INSTANCE/log/mariadb.log"
  mv "$data.new" "$data"
}

mariadb_as_root() { [ "$(id -u)" -ne 0 ] || echo --user=root; }

# The server runs this file at each start, so a password file that was deleted and created again works too. The user can
# also create databases under pims_... and users for them (such as a read-only one), which the tests need.
mariadb_write_users() {
  local password
  [ -s "$INSTANCE/mariadb/password" ] ||
    node -e 'console.log(require("node:crypto").randomBytes(18).toString("hex"))' >"$INSTANCE/mariadb/password"
  password=$(mariadb_password)
  cat >"$INSTANCE/mariadb/users.sql" <<SQL
CREATE DATABASE IF NOT EXISTS pims_sync CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS 'pims'@'127.0.0.1';
ALTER USER 'pims'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON \`pims\\_%\`.* TO 'pims'@'127.0.0.1' WITH GRANT OPTION;
GRANT CREATE USER ON *.* TO 'pims'@'127.0.0.1';
SQL
}

# A small server for one machine: data survives a killed process, but not a power loss
# (innodb-flush-log-at-trx-commit=2). That is right for demos and tests, and wrong for production. For benchmarks, give
# it the memory of a dedicated server: PIMS_SYNC_MARIADB_OPTIONS="--innodb-buffer-pool-size=4G
# --innodb-log-file-size=1G"
mariadb_spawn() {
  # shellcheck disable=SC2046,SC2086 # words on purpose
  spawn "$INSTANCE/log/mariadb.log" mariadbd "$(command -v mariadbd)" --no-defaults $(mariadb_as_root) \
    --datadir="$INSTANCE/mariadb/data" --tmpdir="$INSTANCE/mariadb/tmp" --init-file="$INSTANCE/mariadb/users.sql" \
    --bind-address=127.0.0.1 --port="$(mariadb_port)" --socket= --skip-name-resolve --skip-log-bin \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci --default-time-zone=+00:00 \
    --max-connections=400 --performance-schema=OFF --innodb-buffer-pool-size=256M --innodb-log-file-size=4M \
    --innodb-flush-log-at-trx-commit=2 --pid-file="$INSTANCE/mariadb/mariadbd.pid" ${PIMS_SYNC_MARIADB_OPTIONS:-}
  echo "$SPAWNED" >"$INSTANCE/mariadb/pid"
}

mariadb_answers_or_dead() { mariadb_answers || ! kill -0 "$SPAWNED" 2>/dev/null; }

mariadb_stop() {
  [ -f "$INSTANCE/mariadb/pid" ] || return 0
  stop_process "$(read_file "$INSTANCE/mariadb/pid")" "--datadir=$INSTANCE/mariadb/data" 30
  rm -f "$INSTANCE/mariadb/pid"
}

# PostgreSQL as the public image has it: the same variables, the same folder. Only the tests use it; no registry has to be in reach.
FROM debian:trixie-slim
RUN apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends postgresql >/dev/null && \
    rm -rf /var/lib/apt/lists/* /var/lib/postgresql && \
    ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/
COPY --chmod=755 <<'START' /start
#!/bin/sh
set -eu
export PGDATA=/var/lib/postgresql/18/docker
as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
mkdir -p "$PGDATA"
chown -R postgres:postgres /var/lib/postgresql
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/password && chmod 644 /tmp/password
  as initdb --username "$POSTGRES_USER" --pwfile /tmp/password --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 >/dev/null
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \"$POSTGRES_DB\";" | as postgres --single -j postgres >/dev/null
fi
exec setpriv --reuid postgres --regid postgres --clear-groups postgres -c listen_addresses='*'
START
CMD ["/start"]

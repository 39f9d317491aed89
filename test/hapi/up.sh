#!/usr/bin/env bash
# Starts a HAPI FHIR R4 JPA server (H2 in memory) on 127.0.0.1:PORT. Idempotent.
#   up.sh PORT
# Environment: HAPI_HOME (downloads, classes, pids, logs), HAPI_XMX (1500m), HAPI_WAIT (seconds, 500),
# HAPI_JAVA_OPTS, HAPI_MVN_REPO (maven repository folder; default $HAPI_HOME/m2),
# and what src/HapiServer.java reads: HAPI_ADDRESS, HAPI_PRETTY, HAPI_ACCESS_LOG, HAPI_BIND, HAPI_OWNER.
set -euo pipefail
port=${1:?usage: up.sh PORT}
here=$(cd "$(dirname "$0")" && pwd)
home=${HAPI_HOME:-${TMPDIR:-/tmp}/hapi}
repo=${HAPI_MVN_REPO:-$home/m2}
run=$home/run/$port
base=http://127.0.0.1:$port/fhir
mkdir -p "$home" "$run"

alive() { [ -s "$run/pid" ] && kill -0 "$(cat "$run/pid")" 2>/dev/null; }
code() { curl -s -o /dev/null -m 10 -w '%{http_code}' "$base/metadata" || true; }
report() { echo "base: $base"; echo "pid: $(cat "$run/pid")"; echo "log: $run/log"; }

if alive && [ "$(code)" = 200 ]; then echo "already up"; report; exit 0; fi
if ! alive && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "port $port is taken by something else" >&2; exit 1
fi

# 1. jars: resolved by maven once per pom.xml, used straight from its repository folder.
stamp=$(cat "$here/pom.xml" "$here/src/HapiServer.java" | sha256sum | cut -c1-16)
(
  flock 9
  if [ "$(cat "$home/stamp" 2>/dev/null || true)" != "$stamp" ]; then
    t0=$(date +%s)
    mvn -B -q -Dmaven.repo.local="$repo" -f "$here/pom.xml" \
      org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath \
      -Dmdep.outputFile="$home/classpath" -Dmdep.includeScope=runtime >"$home/maven.log" 2>&1 ||
      { tail -20 "$home/maven.log" >&2; exit 1; }
    t1=$(date +%s)
    rm -rf "$home/classes"; mkdir -p "$home/classes"
    javac -nowarn -proc:none -d "$home/classes" -cp "$(cat "$home/classpath")" "$here/src/HapiServer.java"
    echo "$stamp" >"$home/stamp"
    echo "resolved in $((t1 - t0)) s, compiled in $(($(date +%s) - t1)) s"
  fi
) 9>"$home/lock"

# 2. the server
if ! alive; then
  args=$run/args
  { echo "-cp"; echo "\"$home/classes:$(cat "$home/classpath")\""; } >"$args"
  # shellcheck disable=SC2086
  PORT=$port setsid java -Xmx"${HAPI_XMX:-1500m}" -XX:+UseG1GC -Djava.awt.headless=true \
    ${HAPI_JAVA_OPTS:-} "@$args" HapiServer >"$run/log" 2>&1 </dev/null 9>&- &
  echo $! >"$run/pid"
fi

# 3. wait
t0=$(date +%s)
until [ "$(code)" = 200 ]; do
  alive || { echo "server ended; last lines of its log:" >&2; tail -30 "$run/log" >&2; exit 1; }
  [ $(($(date +%s) - t0)) -lt "${HAPI_WAIT:-500}" ] || { echo "not up in time; see $run/log" >&2; exit 1; }
  sleep 0.5
done
echo "up after $(($(date +%s) - t0)) s"
report

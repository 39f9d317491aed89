#!/usr/bin/env bash
# down.sh PORT | all : stops what up.sh started, by pid.
set -uo pipefail
home=${HAPI_HOME:-${TMPDIR:-/tmp}/hapi}
[ $# -eq 1 ] || { echo "usage: down.sh PORT|all" >&2; exit 2; }
if [ "$1" = all ]; then set -- "$home"/run/*/pid; else set -- "$home/run/$1/pid"; fi
for f in "$@"; do
  [ -s "$f" ] || continue
  pid=$(cat "$f")
  # only a process that is ours: its command line names the class
  if [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q HapiServer; then
    kill "$pid"
    for _ in $(seq 1 40); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
    kill -0 "$pid" 2>/dev/null && kill -9 "$pid"
    echo "stopped $pid"
  fi
  rm -f "$f"
done

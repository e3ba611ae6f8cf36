#!/usr/bin/env bash
# Runs a command with a Docker engine: the one that answers, else one of its own, installed if need be, which is stopped
# again, with all that it holds. Needs root, and for the installation Debian or Ubuntu.
#
#   scripts/with_docker.sh COMMAND [ARGUMENT]...
set -euo pipefail

if docker info > /dev/null 2>&1; then
  exec "$@"
fi
if ! command -v dockerd > /dev/null; then
  apt-get update -qq
  apt-get install --yes -qq --no-install-recommends docker.io > /dev/null
fi

home=$(mktemp --directory)
export DOCKER_HOST=unix://$home/docker.sock
dockerd --host "$DOCKER_HOST" --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/pid" > "$home/log" 2>&1 &
engine=$!
stop() {
  kill "$engine" 2> /dev/null || true
  wait "$engine" 2> /dev/null || true
  rm -rf "$home"
}
trap stop EXIT

for _ in {1..60}; do
  docker info > /dev/null 2>&1 && break
  kill -0 "$engine" 2> /dev/null || { tail -n 20 "$home/log" >&2; exit 1; }
  sleep 0.5
done
"$@"

#!/usr/bin/env bash
# Builds the Dockerfile on a base that scripts/make_kafka_image.sh made, without any network inside, and runs it.
#
#   scripts/check_image.sh BASE PYTHON    PYTHON: one of the same version as the base's, to collect wheels with
set -euo pipefail
cd "$(dirname "$0")/.."

base=${1:?usage: scripts/check_image.sh BASE PYTHON}
python=${2:?usage: scripts/check_image.sh BASE PYTHON}
"$python" -m pip wheel --quiet --disable-pip-version-check --wheel-dir build/wheels . 'setuptools>=77'
docker build --quiet --network none --build-arg "BASE=$base" --build-arg PIP_ARGS=--no-index --tag cleanclaim:local . > /dev/null

run=(docker run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL)
user=$("${run[@]}" --entrypoint id cleanclaim:local -u)
[[ $user == 10001 ]] || { printf 'the image runs as user %s\n' "$user" >&2; exit 1; }
"${run[@]}" cleanclaim:local demo > /dev/null
printf 'the image runs the demo, as an ordinary user on a read-only file system\n'

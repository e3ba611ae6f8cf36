#!/usr/bin/env bash
# A Kafka broker and a schema registry as jars in build/kafka/, for the tests: needs Java 17 or newer and Maven.
# Does nothing where they are. The stamp is written last, so what was interrupted half-way is fetched anew.
set -euo pipefail
cd "$(dirname "$0")/.."

pom=scripts/kafka/pom.xml
stamp=build/kafka/.fetched
if cmp --silent "$pom" "$stamp"; then
  exit 0
fi
for program in java mvn; do
  command -v "$program" >/dev/null || { printf '%s: not found; it is needed to fetch and run a Kafka broker\n' "$program" >&2; exit 1; }
done

rm -rf build/kafka
mkdir -p build/kafka
mvn --batch-mode --quiet --file "$pom" package
cp "$pom" "$stamp"

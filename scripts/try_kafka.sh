#!/usr/bin/env bash
# One Kafka broker on localhost:9092 to try things on, until Ctrl-C; its data goes with it. Needs Java 17 and Maven.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/fetch_kafka.sh
libs="$PWD/build/kafka/broker/*"
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

cat > "$data/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
log.dirs=$data/log
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES

java -cp "$libs" kafka.tools.StorageTool format --cluster-id cleanclaim-trial-0000 \
  --config "$data/server.properties" > "$data/format.log" 2>&1 || { cat "$data/format.log" >&2; exit 1; }
printf 'A broker on localhost:9092; Ctrl-C ends it.\n'
java -Xmx512m -cp "$libs" kafka.Kafka "$data/server.properties" > "$data/broker.log" 2>&1

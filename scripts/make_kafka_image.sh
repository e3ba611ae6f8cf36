#!/usr/bin/env bash
# A Kafka image made on this machine, for where none can be pulled: Debian by debootstrap, a JRE, the jars that
# scripts/fetch_kafka.sh resolves, started by the same class and the same KAFKA_* variables as the public apache/kafka.
#
#   scripts/make_kafka_image.sh NAME      needs root, Debian with debootstrap, and a Docker engine
#
# With it comes NAME-base: the Debian below, with Python, for building the Dockerfile without pulling.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?usage: scripts/make_kafka_image.sh NAME}
scripts/fetch_kafka.sh

# From where this machine gets its own packages.
read -r mirror suite < <(
  apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | grep -Ev -- '-(updates|security|backports)$' | sort -u | head -n 1
)
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

debootstrap --variant=minbase --include=ca-certificates,python3-venv "$suite" "$work/root" "$mirror" > "$work/log" 2>&1 ||
  { tail -n 20 "$work/log" >&2; exit 1; }
# Java's packages want /proc, which debootstrap does not give them: apt installs them in the chroot.
mount --bind /proc "$work/root/proc"
trap 'umount "$work/root/proc" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p "$work/root/usr/share/man/man1"
chroot "$work/root" apt-get install --yes --quiet --no-install-recommends default-jre-headless > "$work/log" 2>&1 ||
  { tail -n 20 "$work/log" >&2; exit 1; }
chroot "$work/root" apt-get clean
rm -rf "$work"/root/var/lib/apt/lists/*
umount "$work/root/proc"
tar --create --directory "$work/root" . | docker import - "$name-base" > /dev/null

mkdir -p "$work/image/libs"
cp build/kafka/broker/*.jar "$work/image/libs/"
cat > "$work/image/start" <<'START'
#!/bin/sh
# What the public image does: variables to properties and the storage formatted by Kafka's own wrapper, then the broker.
set -eu
libs='/opt/kafka/libs/*'
mkdir -p /tmp/defaults /tmp/mounted
for file in server.properties log4j2.yaml tools-log4j2.yaml; do : > "/tmp/defaults/$file"; done
java -Xmx256m -cp "$libs" kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /tmp/defaults --mounted-configs-dir /tmp/mounted --final-configs-dir /opt/kafka/config
exec java -Xmx1g -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$libs" kafka.Kafka /opt/kafka/config/server.properties
START
chmod +x "$work/image/start"
cat > "$work/image/Dockerfile" <<DOCKERFILE
FROM $name-base
COPY libs /opt/kafka/libs
COPY start /opt/kafka/start
RUN useradd --system --uid 1000 appuser && mkdir -p /opt/kafka/config /var/lib/kafka/data && chown -R appuser /opt/kafka/config /var/lib/kafka
ENV CLUSTER_ID=5L6g3nShT-eMCtK--X86sw
USER appuser
CMD ["/opt/kafka/start"]
DOCKERFILE
docker build --quiet --tag "$name" "$work/image" > /dev/null 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
printf 'made %s and %s-base\n' "$name" "$name"

#!/usr/bin/env bash
# The testcontainers way of the tests and the image, on images made here:  scripts/with_docker.sh scripts/check_docker.sh
set -euo pipefail
cd "$(dirname "$0")/.."

image=cleanclaim/kafka:local
scripts/make_kafka_image.sh "$image"
CLEANCLAIM_REQUIRE_KAFKA=1 CLEANCLAIM_KAFKA_IMAGE=$image .venv/bin/python -m pytest --quiet tests/kafka/test_topics.py tests/kafka/test_publish.py
scripts/check_image.sh "$image-base" .venv/bin/python

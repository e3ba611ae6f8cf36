"""The Kafka engine beside what it can be held against: `python -m benchmarks.kafka`."""

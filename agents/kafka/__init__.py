"""The Kafka engine: topics, consumers, transactions, state restored from changelogs. Names no gate."""

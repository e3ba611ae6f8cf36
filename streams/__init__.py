"""Pure: facts in, decisions out. No I/O, no clock, no Kafka, no randomness."""

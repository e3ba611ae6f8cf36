"""The contract: records, Avro schemas, the wire codec. Knows neither streams nor agents."""

"""Metrics in Prometheus form, the same names on both engines: `catalogue` declares them, all else fills them in."""

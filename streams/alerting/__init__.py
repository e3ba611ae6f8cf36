"""Alerting: holds that spike and holds that grow too old, told to a person once."""

from streams.alerting.processor import Alerting
from streams.alerting.tuning import Tuning

__all__ = ["Alerting", "Tuning"]

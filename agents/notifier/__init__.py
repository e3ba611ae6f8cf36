"""Tells people of alerts: Alertmanager what is the case, a webhook what has happened."""

NAME = "notifier"
"""As `cleanclaim worker --agents` takes it."""

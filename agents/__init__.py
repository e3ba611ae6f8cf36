"""What runs: engines, settings, the command line. No billing rule lives here."""

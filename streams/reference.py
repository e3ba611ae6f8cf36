"""Reference tables as values: parsed from text here, read from files in agents/."""

"""Numbers with machine, versions and command. Nothing here asserts."""

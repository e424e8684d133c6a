"""Foreign logs → events: one module a format, one registry, one declared coverage each."""

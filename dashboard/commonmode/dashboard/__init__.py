"""The dashboard: every finding with its evidence."""

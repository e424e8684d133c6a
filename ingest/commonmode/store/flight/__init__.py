"""Arrow Flight SQL: the store's owner answers other processes, and they ask."""

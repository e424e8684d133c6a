"""DuckDB: the projection of the log, its owner, and how to read it."""

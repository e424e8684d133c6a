"""The engine: windows, watermark, incremental tallies, the life of findings."""

"""Synthetic economies: planted phenomena, innocent lookalikes, truth beside the events."""

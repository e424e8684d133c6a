"""Statistics: formulas only, each with its null and its source."""

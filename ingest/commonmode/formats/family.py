"""Of which family of models a model is, read off its name."""

from __future__ import annotations

import re


def family_of(model: str) -> str | None:
    """Return the family that a model's name begins with, or None where it has no word.

    Examples
    --------
    >>> family_of("gpt-4o-2024-05-13"), family_of("vendor/claude-3"), family_of("7b")
    ('gpt', 'claude', None)
    """
    word = re.match(r"[A-Za-z]+", model.rsplit("/", 1)[-1])
    return word[0].lower() if word else None

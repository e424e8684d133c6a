"""Digests: numbers that a store keeps beside long columns of text, to be read in their place."""

from __future__ import annotations

from collections.abc import Mapping


def digest(text: str) -> str:
    """Return the SQL for the digest of a text: the lower 64 bits of its MD5.

    ``md5_number_lower`` gives the same by way of text, for four times as long.

    Examples
    --------
    >>> digest("'abc'")
    "CAST(md5_number('abc') >> 64 AS UBIGINT)"
    """
    return f"CAST(md5_number({text}) >> 64 AS UBIGINT)"


DIGESTED = ("agent", "context", "resource", "grant")
"""Fields that have a digest beside them: each of many values, in most events."""

DIGESTS: Mapping[str, str] = {f"{name}_digest": digest(f'"{name}"') for name in DIGESTED}
"""The columns that hold them, and the SQL for what they hold."""

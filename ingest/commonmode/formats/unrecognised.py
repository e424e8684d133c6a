"""What to do with a log that no format recognises, by what it looks like."""

from __future__ import annotations

ZIP, TAR = b"PK\x03\x04", b"ustar"
TAR_MARK_AT = 257
"""Where the header of a tar archive names itself."""

DESCRIBE = "name the format with --source-format, or describe it with --map FILE"


def hint(head: bytes, filename: str) -> str:
    """Return what makes a log readable, told from its first bytes.

    Examples
    --------
    >>> hint(b"model,accuracy\\ngpt,0.7\\n", "a.csv").split(";")[0]
    'this may be CSV: make a JSON object of every row, then describe it with --map FILE'
    """
    if head.startswith(ZIP):
        return "this is a ZIP archive: unpack it, and give the files in it"
    if head[TAR_MARK_AT:].startswith(TAR):
        return "this is a tar archive: unpack it, and give the files in it"
    text = head.lstrip()
    if text.startswith(b"["):
        return "this may be one JSON array: describe it with --map FILE, and in it [log] each = '@'"
    if text.startswith(b"{"):
        return DESCRIBE
    first, _, second = head.partition(b"\n")
    if first.count(b",") and first.count(b",") == second.partition(b"\n")[0].count(b","):
        return (
            "this may be CSV: make a JSON object of every row, then describe it with --map FILE; "
            '`python -c "import polars as pl; '
            f"pl.read_csv('{filename}').write_ndjson('rows.jsonl')\"` does the first"
        )
    return DESCRIBE

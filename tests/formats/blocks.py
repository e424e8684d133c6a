"""Lines of all sorts in blocks, as a large log is cut into."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.strategies import any_wire_fields
from tests.stream.test_lanes import HOSTILE

from commonmode.formats.lines import Block


def spaced(fields: dict[str, Any], left: bytes, right: bytes) -> bytes:
    """Write fields as another program might: with room around every value, and at the ends."""
    text = msgspec.json.format(msgspec.json.encode(fields), indent=0)
    return left + text + right


blanks = st.sampled_from([b"", b" ", b"\t", b"\r"])
good = st.builds(spaced, any_wire_fields, blanks, blanks)
"""Lines that are events beyond doubt, however they are spaced."""

lines = st.lists(good | st.sampled_from(HOSTILE) | st.binary(max_size=40) | blanks, max_size=8)
first = st.integers(1, 10**6)
blocks = st.builds(Block, first, st.builds(b"\n".join, lines))

"""Lines that nobody should send, each of which must end as one event or one rejected record."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.strategies import any_wire_fields

GOOD = {"id": "g", "kind": "action_taken", "at": "2026-01-01T00:00:00Z", "agent": "a"}
CLOUD = {"specversion": "1.0", "type": "commonmode.action_taken", "source": "a", "id": "c"}


def line(**fields: Any) -> bytes:
    """A line that would be an event but for `fields`."""
    return json.dumps({**GOOD, **fields}).encode()


def nested(depth: int) -> bytes:
    """An event whose arguments are lists in lists, `depth` deep."""
    return line(args="?").replace(b'"?"', b"[" * depth + b"]" * depth)


def cloud(**fields: Any) -> bytes:
    """A structured CloudEvent around an event, but for `fields`."""
    return json.dumps({**CLOUD, "data": {"at": GOOD["at"]}, **fields}).encode()


SMALL: dict[str, bytes] = {
    "good": line(),
    "the same id again": line(agent="b"),
    "truncated": line()[:-9],
    "truncated inside a character": line(agent="ä").replace(b"\\u00e4", "ä".encode())[:-3],
    "two objects": line(id="two") + line(id="three"),
    "trailing comma": line()[:-1] + b",}",
    "an array": b"[" + line() + b"]",
    "a number": b"1",
    "null": b"null",
    "an empty object": b"{}",
    "id a number": line(id=5),
    "id empty": line(id=""),
    "kind unknown": line(kind="agent_slept"),
    "kind a list": line(kind=[]),
    "at a number": line(at=1_700_000_000),
    "at a date": line(at="2026-01-01"),
    "at without zone": line(at="2026-01-01T00:00:00"),
    "agent missing": b'{"id":"x","kind":"task_ended","at":"2026-01-01T00:00:00Z"}',
    "schema of tomorrow": line(schema=999),
    "schema zero": line(schema=0),
    "schema huge": line(schema=2**80),
    "options below one": line(options=0),
    "options beyond 64 bits": line(options=2**63),
    "price a text": line(price="12"),
    "price NaN": line(price="?").replace(b'"?"', b"NaN"),
    "price infinite": line(price="?").replace(b'"?"', b"Infinity"),
    "price out of range": line(price="?").replace(b'"?"', b"1e999"),
    "price minus zero": line(id="minus", price="?").replace(b'"?"', b"-0.0"),
    "price tiny": line(id="tiny", price="?").replace(b'"?"', b"1e-400"),
    "args out of range": line(args="?").replace(b'"?"', b"[1e999]"),
    "args beyond 64 bits": line(id="big", args=2**200),
    "NUL byte": line(agent="?").replace(b"?", b"\x00"),
    "NUL escaped": line(id="nul", agent="a\0b"),
    "NUL escaped in args": line(id="nul2", args={"a\0": "\0"}),
    "only NUL": b"\x00" * 100,
    "invalid UTF-8": line(agent="?").replace(b"?", b"\xff\xfe"),
    "overlong UTF-8": line(agent="?").replace(b"?", b"\xc0\xaf"),
    "a surrogate in UTF-8": line(agent="?").replace(b"?", b"\xed\xa0\x80"),
    "a lone surrogate": line(agent="?").replace(b"?", rb"\ud800"),
    "a lone surrogate in args": line(args="?").replace(b"?", rb"\udfff"),
    "a lone surrogate as key": line(args={"?": 1}).replace(b"?", rb"\ud800"),
    "UTF-16": line().decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + line(id="bom"),
    "duplicate keys": b'{"agent":"first",' + line(id="twice")[1:],
    "duplicate kinds": b'{"kind":"task_ended",' + line(id="kinds")[1:],
    "empty key": line(id="key", **{"": 1}),
    "year 1": line(id="y1", at="0001-01-01T00:00:00Z"),
    "year 1, before it in UTC": line(at="0001-01-01T00:00:00+14:00"),
    "year 9999": line(id="y9", at="9999-12-31T23:59:59.999999Z"),
    "year 9999, after it in UTC": line(at="9999-12-31T23:59:59-01:00"),
    "year 10000": line(at="10000-01-01T00:00:00Z"),
    "year 0": line(at="0000-01-01T00:00:00Z"),
    "a leap second": line(at="2016-12-31T23:59:60Z"),
    "30 February": line(at="2026-02-30T00:00:00Z"),
    "before 1970": line(id="old", at="1901-12-13T20:45:51Z"),
    "nanoseconds": line(id="ns", at="2026-01-01T00:00:00.123456789Z"),
    "zero-width name": line(id="zw", agent="a\u200b\u2060b"),
    "right-to-left name": line(id="rtl", agent="\u202egro.live\u2066"),
    "a name of control characters": line(id="esc", agent="\x1b[2J\x07"),
    "a name of a megabyte": line(id="long", agent="a" * 2**20),
    "combining marks": line(id="zalgo", agent="Z" + "\u0317" * 500),
    "999 deep": nested(999),
    "100,000 deep": nested(100_000),
    "100,000 objects deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "unclosed, 100,000 deep": b"[" * 100_000,
    "10,000 keys": line(id="10k", **{f"k{n}": n for n in range(10_000)}),
    "extra a text": line(id="x1", extra="text"),
    "extra within extra": line(id="x2", extra={"extra": {"extra": 1}}),
    "a finding of nonsense": line(id="f", kind="finding_raised", finding={"score": "high"}),
    "a grant without a name": line(kind="permission_granted"),
    "actions of numbers": line(kind="permission_granted", grant="g", actions=[1, 2]),
    "SQL": line(id="sql", agent="'; DROP TABLE events; --"),
    "carriage returns inside": line(id="cr").replace(b",", b",\r", 1),
}
"""Name → line; canonical, or not JSON at all."""

CLOUDS: dict[str, bytes] = {
    "a good one": cloud(),
    "specversion of tomorrow": cloud(specversion="9.9"),
    "without type": json.dumps({k: v for k, v in CLOUD.items() if k != "type"}).encode(),
    "type a number": cloud(type=5),
    "type of nobody's": cloud(type="com.example.thing"),
    "time of nonsense": cloud(time="yesterday"),
    "time in year 0": cloud(time="0000-01-01T00:00:00Z"),
    "data a text": cloud(data="text"),
    "data absent": json.dumps(CLOUD).encode(),
    "data in base 64 that is none": json.dumps({**CLOUD, "data_base64": "???"}).encode(),
    "an attribute of a list": cloud(subject=["x"]),
    "an attribute with a bad name": cloud(**{"Bad-Name": "x"}),
    "empty source": cloud(source=""),
    "NaN": cloud(data={"at": GOOD["at"], "price": float("nan")}),
    "infinity": cloud(id="inf", data={"at": GOOD["at"], "price": float("inf")}),
    "a lone surrogate": cloud(id="lone", data={"at": GOOD["at"], "content": "\ud800"}),
    "deep": cloud(data="?").replace(b'"?"', b"[" * 100_000 + b"]" * 100_000),
    "a number of 10,000 digits": cloud(data="?").replace(b'"?"', b"9" * 10_000),
}
"""Name → line that claims to be a structured CloudEvent."""


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A line as it leaves a producer, with a few bytes cut, put in, or written over."""
    whole = draw(any_wire_fields.map(msgspec.json.encode))
    at = draw(st.integers(0, len(whole)))
    what = draw(st.binary(max_size=4))
    gone = draw(st.sampled_from([0, 0, 1, 2, len(whole)]))
    return whole[:at] + what + whole[at + gone :]


any_line = st.one_of(
    any_wire_fields.map(msgspec.json.encode),
    broken(),
    broken(),
    st.sampled_from([*SMALL.values(), *CLOUDS.values()]).filter(lambda text: len(text) < 2_000),
    st.binary(max_size=60),
).map(lambda text: text.replace(b"\n", b"").strip() or b"{")
"""One line of a log, not blank; most are wrong."""


def drawn(count: int) -> list[bytes]:
    """`count` lines as Hypothesis draws them, the same each time."""
    lines: list[bytes] = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(any_line)
    def draw(line: bytes) -> None:
        lines.append(line)

    draw()
    return lines


def bred(lines: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` lines, each the head of one drawn line and the tail of another."""
    dice = random.Random(seed)
    for _ in range(count):
        head, tail = dice.choice(lines), dice.choice(lines)
        cut, onward = dice.randrange(len(head) + 1), dice.randrange(len(tail) + 1)
        text = head if dice.random() < 0.4 else head[:cut] + tail[onward:]
        yield text.strip() or b"{"

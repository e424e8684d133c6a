"""What is left of an event, and of a record that is none, once it is redacted."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import any_wire_fields

from commonmode.events import (
    LEVELS,
    Level,
    MessageSent,
    Position,
    Redaction,
    Rejected,
    decode,
    encode,
    from_fields,
    note_of,
)
from commonmode.events.redaction import NOTE
from commonmode.events.sensitive import spans

KEY = b"k" * 32
PLACE = Position("runs.jsonl", None, 7)

SECRETS = {
    "email": "grace.hopper@navy.example",
    "aws-access-key": "AKIAIOSFODNN7EXAMPLE",
    "github-token": "ghp_" + "a1B2" * 9,
    "json-web-token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "payment-card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "slack-token": "xoxb-123456789012-abcdefghijklmnop",
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----",
    "basic-auth-credentials": "://ada:pa55w0rd@",
    "npm-token": "_authToken=abcdef0123456789",
}


@pytest.mark.parametrize(("rule", "secret"), SECRETS.items())
def test_a_secret_is_found_whole_wherever_it_stands(rule: str, secret: str) -> None:
    text = f"so I wrote {secret} to them"
    found = spans(text)

    assert rule in {span.rule for span in found}
    rest = "".join(c for i, c in enumerate(text) if not any(s.start <= i < s.end for s in found))
    assert rest == "so I wrote  to them"


@pytest.mark.parametrize(
    "innocent",
    [
        "desk/4",
        "task/17",
        "0190b6a0-7b1c-7def-8abc-0123456789ab",
        "20260302080000123456",
        "1772438400000",
        "suite/user_task_3/step 12",
        "2026-03-02T08:00:00Z",
        "v12.3.4",
        "127.0.0.1",
        "aurora-5",
        sha256(b"page").hexdigest(),
    ],
)
def test_names_times_and_numbers_are_left_alone(innocent: str) -> None:
    assert spans(innocent) == []


def planted(fields: dict[str, Any], secret: str) -> dict[str, Any]:
    """Put a secret into every text of an event, however deep, and under a key of its own."""

    def plant(value: Any) -> Any:
        match value:
            case str():
                return f"{value} {secret} {value}"
            case list():
                return [*map(plant, value), secret]
            case dict():
                return {**{k: plant(v) for k, v in value.items()}, secret: secret}
        return value

    kept = {"kind", "at", "recorded_at", "valid_from", "valid_until", "outcome", "side_effect"}
    whole = {name: value if name in kept else plant(value) for name, value in fields.items()}
    return {**whole, "a stranger's key": [secret, {"deep": secret}]}


@given(any_wire_fields, st.sampled_from(sorted(SECRETS.values())), st.sampled_from(LEVELS))
def test_no_planted_secret_is_left_in_any_field(
    fields: dict[str, Any], secret: str, level: Level
) -> None:
    event = from_fields(planted(fields, secret))
    left = encode(Redaction(level, KEY).event(event)).decode()

    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in left
    assert max(secret.split(), key=len) not in left


@given(any_wire_fields, st.sampled_from(LEVELS))
def test_redacting_twice_is_redacting_once(fields: dict[str, Any], level: Level) -> None:
    redaction = Redaction(level, KEY)
    once = redaction.event(from_fields(planted(fields, SECRETS["email"])))

    assert redaction.event(once) == once


@given(any_wire_fields)
def test_without_a_secret_patterns_change_nothing(fields: dict[str, Any]) -> None:
    event = from_fields(fields)
    redacted = Redaction("patterns", KEY).event(event)

    assert redacted == event or note_of(redacted)


def said(content: str, **more: Any) -> MessageSent:
    event = from_fields(
        {"id": "1", "kind": "message_sent", "at": "2026-01-01T00:00:00Z", "agent": "a"}
        | {"content": content}
        | more
    )
    assert isinstance(event, MessageSent)
    return event


def left_of(content: str, key: bytes = KEY) -> str | None:
    event = Redaction("content", key).event(said(content))
    assert isinstance(event, MessageSent)
    return event.content


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_was_the_same_stays_the_same_and_nothing_else_becomes_it(one: str, two: str) -> None:
    assert (left_of(one) == left_of(two)) == (one == two)
    assert left_of(one) != left_of(one, b"x" * 32)


def test_a_hash_that_the_producer_gave_agrees_with_ours_and_is_keyed_too() -> None:
    redaction, plain = Redaction("content", KEY), sha256(b"hello").hexdigest()
    ours = redaction.event(said("hello"))
    theirs = redaction.event(msgspec.structs.replace(said(""), content=None, content_hash=plain))

    assert isinstance(ours, MessageSent)
    assert isinstance(theirs, MessageSent)
    assert ours.content_hash == theirs.content_hash
    assert plain not in str(theirs)


def test_what_was_taken_out_is_noted_by_field_and_rule() -> None:
    event = said(f"{SECRETS['email']} and {SECRETS['email']}", recipient=SECRETS["email"])

    assert note_of(Redaction("patterns", KEY).event(event)) == {
        "recipient": {"email": 1},
        "content": {"email": 2},
        "content_hash": {"content": 1},
    }


@pytest.mark.parametrize("note", ["meet me at noon", {"content": {"meet me at noon": 1}}, {"x": 1}])
def test_a_note_that_a_stranger_wrote_hides_nothing(note: object) -> None:
    event = said("hello", extra={NOTE: note})
    assert not note_of(event)

    assert "noon" not in encode(Redaction("content", KEY).event(event)).decode()


def test_a_secret_is_known_by_the_name_of_its_key() -> None:
    line = '{"id":"1","kind":"action_taken","at":"2026-01-01T00:00:00Z","agent":"a","args":%s}'
    event = decode(line % '{"db_password": "tulip", "colour": "tulip"}')
    left = json.loads(encode(Redaction("patterns", KEY).event(event)))["args"]

    assert left["colour"] == "tulip"
    assert left["db_password"].startswith("[redacted:secret-keyword:")


def test_labels_of_truth_are_not_what_agents_wrote() -> None:
    line = '{"id":"1","kind":"truth_declared","at":"2026-01-01T00:00:00Z","agent":"a","args":%s}'
    event = decode(line % '{"lookalike": "late-grant"}')

    assert Redaction("content", KEY).event(event) == event


@pytest.mark.parametrize("level", LEVELS)
def test_of_a_rejected_record_its_length_and_hash_are_left(level: Level) -> None:
    refused = Rejected("found 'tulip bulbs at", "not a tulip's", b"{tulip bulbs}", PLACE)
    redacted = Redaction(level, KEY).rejected(refused)

    assert json.loads(redacted.payload)[NOTE]["bytes"] == len(refused.payload)
    assert "bulbs" not in str(redacted)
    assert redacted.reason.startswith("found")
    assert Redaction(level, KEY).rejected(redacted) == redacted


def test_a_payload_that_only_looks_redacted_goes_too() -> None:
    forged = b'{"redacted":{"bytes":3,"hash":"meet me at noon"}}'

    assert b"noon" not in Redaction("content", KEY).payload(forged)

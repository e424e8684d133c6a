"""Redaction: what an event or a rejected record says once its texts and secrets are taken out."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct, structs

from commonmode.events.columns import FIELDS
from commonmode.events.errors import Rejected
from commonmode.events.kinds import TruthDeclared
from commonmode.events.model import Event
from commonmode.events.sensitive import names_a_secret, rules, spans

Level = Literal["patterns", "content"]
LEVELS: tuple[Level, ...] = get_args(Level)

TEXTS = frozenset({"content", "args", "before", "after", "extra"})
"""Fields that hold what agents wrote and read. All others hold names, times and numbers."""

NOTE = "redacted"
"""The key in `extra` that says what was taken out: field → rule → how often."""

_KEPT_WHOLE = frozenset({"schema", "outcome", "side_effect", "content_hash"})
_HEX = 32
_TOKEN = re.compile(rf"\[redacted:[a-z0-9-]+:[0-9a-f]{{{_HEX}}}\]")
_HASHED = re.compile(rf"hmac-sha256:[0-9a-f]{{{_HEX}}}")
_QUOTED = re.compile(r"(?<![A-Za-z]{2})['\"].*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
"""Keys that name what stands under them; any other key is a text like the rest."""

_LONG_NUMBER = 10**11
"""From here on a number may be that of a card."""

_CACHED = 256
"""Characters up to which a text's parts are remembered: names come again and again."""

_MARKED = b'{"redacted":{"bytes":'

_Change = Callable[[str], str]


class _Stand(Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of a payload."""

    bytes: int
    hash: str


class _Marker(Struct, frozen=True, forbid_unknown_fields=True):
    redacted: _Stand


class Redaction(Struct, frozen=True):
    """Takes texts and secrets out; the same text leaves the same hash, so equality survives.

    Level ``patterns`` replaces what `sensitive.spans` finds in any field. Level ``content``
    replaces every text and number in `TEXTS` as well, so that of what agents wrote nothing
    is left but which of it was the same.

    Parameters
    ----------
    level : {"patterns", "content"}
        How much.
    key : bytes
        Keys the hashes: without it nobody can try words from a dictionary.

    Examples
    --------
    >>> from commonmode.events.codec import decode
    >>> line = '{"id":"1","kind":"message_sent","at":"2026-01-01T00:00:00Z","agent":"a",'
    >>> said = decode(line + '"content":"meet me"}')
    >>> done = Redaction("content", b"k" * 32).event(said)
    >>> done.content
    '[redacted:content:236a4ae7dc7ebd8610842528f43fba5f]'
    >>> done.extra
    {'redacted': {'content': {'content': 1}, 'content_hash': {'content': 1}}}
    """

    level: Level
    key: bytes

    def event(self, event: Event) -> Event:
        """Return an event with its texts and secrets replaced, and a note of what was."""
        note: dict[str, Counter[str]] = {}
        changed: dict[str, Any] = {}
        for name in event.__struct_fields__:
            before = getattr(event, name)
            if before is None or name in _KEPT_WHOLE:
                continue
            counts: Counter[str] = Counter()
            changed[name] = self._field(event, name, before, counts)
            if counts:
                note[name] = counts
        self._hash_content(event, note, changed)
        if not note:
            return event
        extra = changed.get("extra") or {}
        changed["extra"] = {**extra, NOTE: _sum(_noted(event), note)}
        return structs.replace(event, **changed)

    def rejected(self, rejected: Rejected) -> Rejected:
        """Return a rejected record whose payload is left as its length and hash only.

        What cannot be read cannot be searched either, so all of it goes; and of the reason
        whatever it quotes.
        """
        return structs.replace(
            rejected,
            reason=self.words(rejected.reason),
            hint=self.words(rejected.hint),
            payload=self.payload(rejected.payload),
        )

    def words(self, reason: str) -> str:
        """Return a sentence of ours without what it quotes of others."""
        return self._find(_QUOTED.sub("(what was found is redacted)", reason), Counter())

    def payload(self, payload: bytes) -> bytes:
        """Return what stands for bytes that were refused."""
        if not payload or is_redacted(payload):
            return payload
        stand = _Stand(len(payload), f"hmac-sha256:{self._hex(sha256(payload).hexdigest())}")
        return msgspec.json.encode(_Marker(stand))

    def _field(self, event: Event, name: str, value: Any, counts: Counter[str]) -> Any:
        whole = self.level == "content" and name in TEXTS and not isinstance(event, TruthDeclared)
        change = self._whole(counts) if whole else self._parts(counts)
        match value:
            case str() if not FIELDS[name].is_json:
                return change(value)
            case list() if not FIELDS[name].is_json:
                return [change(each) for each in value]
            case dict() if name == "extra" and _noted(event):
                rest = {key: each for key, each in value.items() if key != NOTE}
                return self._json(rest, change, counts, numbers=whole)
        return self._json(value, change, counts, numbers=whole) if FIELDS[name].is_json else value

    def _json(self, value: Any, change: _Change, counts: Counter[str], *, numbers: bool) -> Any:
        match value:
            case str():
                return change(value)
            case bool():
                return value
            case int() | float():
                return _number(value, change, always=numbers)
            case list():
                return [self._json(each, change, counts, numbers=numbers) for each in value]
            case dict():
                return {
                    (self._parts(counts) if _NAME.fullmatch(key) else change)(key): self._under(
                        key, each, change, counts, numbers=numbers
                    )
                    for key, each in value.items()
                }
        return value

    def _under(
        self, key: str, value: Any, change: _Change, counts: Counter[str], *, numbers: bool
    ) -> Any:
        if isinstance(value, str) and not numbers and names_a_secret(key):
            return self._token("secret-keyword", value, counts)
        return self._json(value, change, counts, numbers=numbers)

    def _whole(self, counts: Counter[str]) -> _Change:
        return lambda text: self._token("content", text, counts)

    def _parts(self, counts: Counter[str]) -> _Change:
        return lambda text: self._find(text, counts)

    def _find(self, text: str, counts: Counter[str]) -> str:
        """Replace the sensitive parts of a text, between the tokens that stand in it already."""
        pieces, at = [], 0
        for token in _TOKEN.finditer(text):
            pieces += [self._replace(text[at : token.start()], counts), token[0]]
            at = token.end()
        return "".join([*pieces, self._replace(text[at:], counts)])

    def _replace(self, text: str, counts: Counter[str]) -> str:
        pieces, at = [], 0
        for start, end, rule in _known(text) if len(text) <= _CACHED else spans(text):
            pieces += [text[at:start], self._token(rule, text[start:end], counts)]
            at = end
        return "".join([*pieces, text[at:]]) if pieces else text

    def _token(self, rule: str, text: str, counts: Counter[str]) -> str:
        if not text or _TOKEN.fullmatch(text):
            return text
        counts[rule] += 1
        return f"[redacted:{rule}:{self._hex(_digest(text))}]"

    def _hash_content(
        self, event: Event, note: dict[str, Counter[str]], changed: dict[str, Any]
    ) -> None:
        """Key the hash of a content that was replaced: a plain one of a short text is a lookup."""
        given, content = getattr(event, "content_hash", None), getattr(event, "content", None)
        if (given and _HASHED.fullmatch(given)) or not (given or "content" in note):
            return
        if content is None:
            plain = given.removeprefix("sha256:").lower() if given else ""
        elif "content" in note:
            plain = _digest(content)
        else:
            return
        changed["content_hash"] = f"hmac-sha256:{self._hex(plain)}"
        note.setdefault("content_hash", Counter())["content"] += 1

    def _hex(self, digest: str) -> str:
        return hmac.digest(self.key, digest.encode(errors="surrogatepass"), "sha256").hex()[:_HEX]


def is_redacted(payload: bytes) -> bool:
    """Tell what `Redaction.payload` wrote from any other payload."""
    if not payload.startswith(_MARKED):
        return False
    try:
        stand = msgspec.json.decode(payload, type=_Marker).redacted
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return bool(_HASHED.fullmatch(stand.hash))


def note_of(record: Event | Rejected) -> Mapping[str, Mapping[str, int]]:
    """Return what was taken out of a record: field → rule → how often; empty where nothing was."""
    if isinstance(record, Rejected):
        return {"payload": {"content": 1}} if is_redacted(record.payload) else {}
    return _noted(record)


def _noted(event: Event) -> dict[str, dict[str, int]]:
    """Return the note of an event that was redacted before; what a stranger wrote is none."""
    if event.extra is None or NOTE not in event.extra:
        return {}
    with suppress(msgspec.ValidationError):
        note = msgspec.convert(event.extra[NOTE], dict[str, dict[str, int]])
        told = {rule for counts in note.values() for rule in counts}
        if note.keys() <= FIELDS.keys() and told <= {*rules(), "content", "secret-keyword"}:
            return note
    return {}


def _sum(
    before: Mapping[str, Mapping[str, int]], now: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    fields = {**before, **now}
    return {
        name: dict(Counter(before.get(name, {})) + Counter(now.get(name, {}))) for name in fields
    }


def _number(value: float, change: _Change, *, always: bool) -> Any:
    if not always and abs(value) < _LONG_NUMBER:
        return value
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    told = change(text)
    return value if told == text else told


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


@lru_cache(1 << 16)
def _known(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(spans(text))

"""Secrets and personal data in a text: where they stand, by rules that others keep well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

LONGEST_RUN = 4_096
"""Characters without a blank that are still looked into; a longer run counts as sensitive whole.

What searches for tokens can take quadratic time in such a run, and agents write it.
"""


class Span(NamedTuple):
    """A part of a text, and the rule that says what it is."""

    start: int
    end: int
    rule: str


_Find = Callable[[str], Iterator[tuple[int, int]]]

_RUN = re.compile(rf"\S{{{LONGEST_RUN},}}")
_TOKEN_TAIL = re.compile(r"[\w-]*", re.ASCII)
_LETTERS = re.compile(r"[^a-z0-9]+")

_OWN = {
    "email": re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    "private-key": re.compile(
        r"-{5}BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-{5}.*?"
        r"(?:-{5}END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-{5}|\Z)",
        re.DOTALL,
    ),
    "npm-token": re.compile(r"_authToken\s{0,9}=\s{0,9}\S+|npm_\w{30,}"),
}
_CARD = re.compile(r"(?<![\d.])(?=((?:4\d|5[1-5]|2[2-7]|3[47]|6[05])(?:[ -]?\d){11,17}))", re.ASCII)
_CARD_END = re.compile(r"\d(?!\d)(?!\.\d)", re.ASCII)
_CARD_DIGITS = range(13, 20)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.ASCII)
_SHORTEST_IBAN = 15

_SECRET_WORDS = ("key", "pass", "pwd", "secret", "contrase")
"""One of these is in every name that the library takes for a secret's: looking for them is cheap,
and looking for the names takes longer than all other rules together."""

_ELSEWHERE = frozenset({"NpmDetector", "PrivateKeyDetector"})
"""Detectors of the library that name the line and not the secret in it; see `_OWN`."""


def spans(text: str) -> list[Span]:
    """Return the sensitive parts of a text, in their order, none overlapping.

    Keys and tokens of known services are found by the patterns of detect-secrets, each to the end
    of the token; payment cards and IBANs by their check digits; e-mail addresses and blocks of
    private keys by their form. Names, postal addresses and phone numbers are not found.

    Examples
    --------
    >>> text = "ada@example.org uses AKIAIOSFODNN7EXAMPLE"
    >>> [(text[span.start : span.end], span.rule) for span in spans(text)]
    [('ada@example.org', 'email'), ('AKIAIOSFODNN7EXAMPLE', 'aws-access-key')]
    """
    long = [Span(*run.span(), "long-run") for run in _RUN.finditer(text)]
    if long:
        text = _RUN.sub(lambda run: " " * len(run[0]), text)
    found = [Span(*place, rule) for rule, find in _rules() for place in find(text)]
    return _apart([*long, *found])


def rules() -> frozenset[str]:
    """Return the names of all rules."""
    return frozenset({"long-run", *(rule for rule, _ in _rules())})


def _apart(found: Sequence[Span]) -> list[Span]:
    """Join spans that overlap; the one that begins first gives its name."""
    kept: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if kept and span.start < kept[-1].end:
            kept[-1] = kept[-1]._replace(end=max(kept[-1].end, span.end))
        elif span.end > span.start:
            kept.append(span)
    return kept


def names_a_secret(key: str) -> bool:
    """Tell whether what stands under this key is secret, whatever it looks like.

    Examples
    --------
    >>> names_a_secret("db_password"), names_a_secret("resource")
    (True, False)
    """
    return bool(_secret_names().search(key))


@cache
def _secret_names() -> re.Pattern[str]:
    from detect_secrets.plugins.keyword import DENYLIST  # noqa: PLC0415  only with --redact

    return re.compile("|".join(DENYLIST), re.IGNORECASE)


@cache
def _rules() -> tuple[tuple[str, _Find], ...]:
    own = tuple((rule, _matches(pattern)) for rule, pattern in _OWN.items())
    return (*own, ("payment-card", _cards), ("iban", _ibans), *_library())


def _library() -> Iterator[tuple[str, _Find]]:
    """Yield the rules of detect-secrets."""
    # Imported here: it takes over half a second, and only --redact needs it.
    from detect_secrets.core.plugins.util import (  # noqa: PLC0415
        get_mapping_from_secret_type_to_class,
    )
    from detect_secrets.plugins.base import RegexBasedDetector  # noqa: PLC0415
    from detect_secrets.plugins.keyword import KeywordDetector  # noqa: PLC0415

    known: dict[str, Any] = get_mapping_from_secret_type_to_class()
    for title, kind in known.items():
        if issubclass(kind, RegexBasedDetector) and kind.__name__ not in _ELSEWHERE:
            rule = _LETTERS.sub("-", title.lower()).strip("-")
            for pattern in kind().denylist:
                yield rule, _tokens(pattern)
    keyword = KeywordDetector()

    def assigned(text: str) -> Iterator[tuple[int, int]]:
        # Patterns that ignore case take a long s for an s: case folding does, lower case not.
        folded = text.casefold()
        if not any(word in folded for word in _SECRET_WORDS):
            return
        for secret in set(keyword.analyze_string(text)):
            yield from (match.span() for match in re.finditer(re.escape(secret), text))

    yield "secret-keyword", assigned


def _matches(pattern: re.Pattern[str]) -> _Find:
    return lambda text: (match.span() for match in pattern.finditer(text))


def _tokens(pattern: re.Pattern[str]) -> _Find:
    def find(text: str) -> Iterator[tuple[int, int]]:
        for match in pattern.finditer(text):
            tail = _TOKEN_TAIL.match(text, match.end())
            yield match.start(), tail.end() if tail else match.end()

    return find


def _cards(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import luhn  # noqa: PLC0415  only with --redact

    for match in _CARD.finditer(text):
        start, end = match.span(1)
        # What stands behind a card's number may look like more of it.
        for last in reversed([*_CARD_END.finditer(text, start, end)]):
            # An end within the text is looked at in the whole of it.
            if not _CARD_END.match(text, last.start()):
                continue
            digits = re.sub(r"[ -]", "", text[start : last.end()])
            if len(digits) in _CARD_DIGITS and luhn.is_valid(digits):
                yield start, last.end()
                break


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import iban  # noqa: PLC0415  only with --redact

    for match in _IBAN.finditer(text):
        # What follows an IBAN may look like more of it.
        for end in range(match.end(), match.start() + _SHORTEST_IBAN - 1, -1):
            if iban.is_valid(text[match.start() : end]):
                yield match.start(), end
                break

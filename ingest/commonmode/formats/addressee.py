"""Whom or what a tool call is about, and whether it writes: read off general words only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

_WHO_OR_WHERE = frozenset(
    "account accounts address addresses bcc cc channel contact destination domain email emails "
    "file filename folder group host iban link member members page participant participants "
    "path phone receiver recipient recipients repo repository resource target to uri url user "
    "username website".split()
)
"""Words of an argument's name that say it names a person, a place or a thing."""

_SHAPES = re.compile(
    r"(?P<email>[^\s@]+@[^\s@]+\.[^\s@]+)"
    r"|(?P<url>(?:https?://|www\.)\S+)"
    r"|(?P<iban>[A-Z]{2}\d{2}[A-Z0-9]{8,30})"
)

_READING = frozenset(
    "browse check count describe download fetch find get list lookup query read retrieve search "
    "show view".split()
)
_WRITING = frozenset(
    "add append book buy cancel create delete deploy edit execute insert invite make modify move "
    "order pay post publish purchase put remove rename replace reserve reschedule run schedule "
    "send set share submit transfer update upload write".split()
)


def addressees(arguments: Mapping[str, Any]) -> list[str]:
    """Return the arguments that name a person, a place or a thing, in order, each once.

    An argument counts by a word of its name, or because its value has the shape of an e-mail
    address, a URL or an IBAN.

    Examples
    --------
    >>> addressees({"recipient": "bob", "amount": 3, "body": "hi", "cc": ["a@b.org"]})
    ['bob', 'a@b.org']
    """
    found = (
        value
        for name, argument in arguments.items()
        for value in _texts(argument)
        if _words(name) & _WHO_OR_WHERE or _SHAPES.fullmatch(value)
    )
    return list(dict.fromkeys(found))


def side_effect(tool: str) -> Literal["read", "write"] | None:
    """Return whether a tool reads or writes, by the verb its name starts with; else None.

    Examples
    --------
    >>> side_effect("get_balance"), side_effect("sendMail"), side_effect("think")
    ('read', 'write', None)
    """
    verb = next(iter(re.findall(r"[A-Z]?[a-z]+", tool)), "").lower()
    return "read" if verb in _READING else "write" if verb in _WRITING else None


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)

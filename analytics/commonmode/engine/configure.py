"""From names and settings as people type them to detectors with their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any, get_type_hints

import msgspec

from commonmode.detectors import ALL, Detector

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


class UnknownDetectorError(LookupError):
    """No detector has that name."""


class SettingError(ValueError):
    """A detector has no such parameter, or it cannot have that value."""


def duration(text: str) -> timedelta:
    """Read a length of time: a number and s, m, h, d or w.

    Raises
    ------
    SettingError
        When it is none, or not longer than nothing.

    Examples
    --------
    >>> duration("90s"), duration("1.5h")
    (datetime.timedelta(seconds=90), datetime.timedelta(seconds=5400))
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or not float(match[1]):
        msg = f"needed a length of time such as 30m, 1h or 7d; found {text!r}."
        raise SettingError(msg)
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def configured(
    names: Iterable[str] = (),
    settings: Iterable[str] = (),
    known: Sequence[type[Detector]] = ALL,
) -> tuple[Detector, ...]:
    """Return the detectors of some names, all of them where none is named.

    Parameters
    ----------
    names : iterable of str
        Names of detectors.
    settings : iterable of str
        ``DETECTOR.PARAMETER=VALUE``; a length of time as `duration` reads it.
    known : sequence of type, optional
        The detectors there are.

    Raises
    ------
    UnknownDetectorError, SettingError
        When a name, a parameter or a value does not exist or does not fit.
    """
    chosen = [_named(name, known) for name in dict.fromkeys(names)] or list(known)
    values: dict[type[Detector], dict[str, Any]] = {kind: {} for kind in chosen}
    for setting in settings:
        kind, parameter, value = _setting(setting, known)
        if kind not in values:
            msg = f"{setting!r} is for a detector that does not run: {', '.join(names)} do."
            raise SettingError(msg)
        values[kind][parameter] = value
    return tuple(_made(kind, parameters) for kind, parameters in values.items())


def _named(name: str, known: Sequence[type[Detector]]) -> type[Detector]:
    for kind in known:
        if kind.name == name:
            return kind
    names = ", ".join(kind.name for kind in known)
    msg = f"no detector is called {name!r}. Hint: there are {names}"
    raise UnknownDetectorError(msg)


def _setting(text: str, known: Sequence[type[Detector]]) -> tuple[type[Detector], str, Any]:
    place, equals, value = text.partition("=")
    name, dot, parameter = place.partition(".")
    if not (equals and dot and parameter):
        msg = f"needed DETECTOR.PARAMETER=VALUE; found {text!r}."
        raise SettingError(msg)
    kind = _named(name, known)
    types = get_type_hints(kind)
    possible = [field.name for field in fields(kind)]
    if parameter not in possible:
        msg = f"{name} has no parameter {parameter!r}. Hint: it has {', '.join(possible)}"
        raise SettingError(msg)
    return kind, parameter, _value(text, value, types[parameter])


def _value(setting: str, text: str, wanted: Any) -> Any:
    if wanted is timedelta:
        return duration(text)
    try:
        return msgspec.convert(_json(text), wanted, strict=False)
    except msgspec.ValidationError as error:
        msg = f"{setting!r} does not fit: {error}."
        raise SettingError(msg) from error


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _made(kind: type[Detector], parameters: dict[str, Any]) -> Detector:
    try:
        return kind(**parameters)
    except ValueError as error:
        msg = f"{kind.name}: {error}"
        raise SettingError(msg) from error

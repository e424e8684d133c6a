"""Old wire versions → today's: one pure step per version, applied in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commonmode.events.errors import MalformedEventError
from commonmode.events.model import SCHEMA_VERSION

Fields = dict[str, Any]
Step = Callable[[Fields], Fields]

STEPS: Mapping[int, Step] = {}
"""Version → the step that lifts its fields to the next; version 1 is still today's."""


def upcast(
    fields: Fields, *, steps: Mapping[int, Step] = STEPS, current: int = SCHEMA_VERSION
) -> Fields:
    """Lift the fields of an event from the version they name to `current`.

    Parameters
    ----------
    fields : dict
        A decoded event; an absent ``schema`` means version 1.
    steps : mapping of int to callable, optional
        The step from each version to the next.
    current : int, optional
        The version wanted.

    Returns
    -------
    dict
        The fields in version `current`, with ``schema`` saying so.

    Raises
    ------
    MalformedEventError
        When ``schema`` is no positive integer, or is newer than `current`.

    Examples
    --------
    >>> upcast({"who": "a"}, steps={1: lambda f: {"agent": f["who"]}}, current=2)
    {'agent': 'a', 'schema': 2}
    """
    version = fields.get("schema", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        msg = f"`schema` must be a positive integer; found {version!r}."
        raise MalformedEventError(msg, "leave it out for version 1")
    if version > current:
        msg = f"`schema` {version} is newer than {current}, the newest known here."
        raise MalformedEventError(msg, "upgrade commonmode on the reading side")
    for step in range(version, current):
        fields = steps[step](fields)
    return {**fields, "schema": current} if version != current else fields

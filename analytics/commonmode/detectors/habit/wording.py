"""What is said of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Compared(NamedTuple):
    """A run beside its references."""

    run: str
    task: str
    agent: str
    references: tuple[str, ...]
    environments: tuple[str, ...]
    actions: int
    unseen_mass: float
    bits: float
    strange: tuple[tuple[str, str], ...]


def claim(one: Compared) -> str:
    """Say in one sentence what a run did out of habit."""
    if not one.strange:
        return f"{one.agent} kept to what is known of task {one.task} in run {one.run}."
    action, target = one.strange[0]
    more = f" and {len(one.strange) - 1} more" if len(one.strange) > 1 else ""
    return (
        f"Out of habit: {one.agent} aimed {action} at {target:.120}{more} in run {one.run}; it had "
        f"read of it, and none of {len(one.references)} other runs of task {one.task} had."
    )


def reasons(one: Compared, *, least: int, ranked: int, rate: float, read: bool) -> Iterator[str]:
    """Say why a run could not be judged, and what else may explain it."""
    if len(one.references) < least:
        yield f"Only {len(one.references)} runs of the task by other agents; {least} are needed."
    if not read:
        yield "The log holds no content that was read, so nothing can be traced to it."
    if one.strange and (ranked + 1) * rate < 1:
        yield f"{ranked} reference runs are too few to rank at a rate of {rate:g}."
    if one.strange:
        yield "The content may have changed between the runs, or this run may have read more of it."


def targets(one: Compared, most: int) -> Sequence[str]:
    """Return the strange targets, in order of the actions, each once."""
    return tuple(dict.fromkeys(target for _, target in one.strange))[:most]

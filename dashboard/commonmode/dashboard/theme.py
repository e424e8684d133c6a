"""How each thing looks: one table for detectors, one palette for families, words for strength."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from commonmode.dashboard.plain_text import worded

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]


class Look(NamedTuple):
    """How a detector is shown: its name for people, colours, icon and what it asks."""

    name: str
    colour: str
    badge: Colour
    icon: str
    asks: str


DETECTORS: dict[str, Look] = {
    "monoculture": Look(
        "Monoculture",
        "#0072B2",
        "blue",
        ":material/content_copy:",
        "Do agents of one family decide alike beyond what the situation explains?",
    ),
    "collusion": Look(
        "Co-ordination",
        "#D55E00",
        "orange",
        ":material/hub:",
        "Do agents act together on shared resources without writing to each other?",
    ),
    "scope": Look(
        "Scope breach",
        "#B2387E",
        "violet",
        ":material/lock_open:",
        "Did an agent act outside the grants that were valid at that moment?",
    ),
    "habit": Look(
        "Out of habit",
        "#B58900",
        "yellow",
        ":material/footprint:",
        "Did an agent act unlike every benign run of the same task?",
    ),
}
"""Detector → how it looks. Hues of Okabe and Ito, told apart with any colour vision."""

NEUTRAL = "#8A8F98"
"""Legible on light and on dark: what is not the point of a picture."""
ALERT = "#D1344B"
"""The one red: the observed value, the violating hop, the false alarm."""
GOOD = "#2A9D74"

FAMILY_COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
"""Tol's bright scheme, told apart with any colour vision."""


def look(detector: str) -> Look:
    """Return the look of a detector; one unknown here is shown under its own name.

    Examples
    --------
    >>> look("scope").name, look("cascade").name
    ('Scope breach', 'Cascade')
    """
    unknown = Look(
        worded(detector).capitalize() or "Unnamed", NEUTRAL, "gray", ":material/query_stats:", ""
    )
    return DETECTORS.get(detector, unknown)


def family_colours(families: Iterable[str]) -> dict[str, str]:
    """Give each family a colour, the same on every page; past six they are neutral.

    Examples
    --------
    >>> family_colours(["b", "a"])
    {'a': '#4477AA', 'b': '#EE6677'}
    """
    named = sorted(set(families))
    return {
        family: FAMILY_COLOURS[i] if i < len(FAMILY_COLOURS) else NEUTRAL
        for i, family in enumerate(named)
    }


class Strength(NamedTuple):
    """How sure a finding is: a word, the colour beside it, and a sentence."""

    word: str
    badge: Colour
    sentence: str


def strength(p: float | None, q: float | None, *, provisional: bool = False) -> Strength:
    """Say how sure a finding is, in a word and a sentence.

    Examples
    --------
    >>> strength(None, None).word
    'exact'
    >>> strength(0.0001, 0.004).sentence
    'Of claims at q = 0.004, about 4 in 1000 are expected to be false.'
    """
    if provisional:
        return Strength(
            "provisional", "yellow", "Raised live; the batch detector has yet to judge."
        )
    if p is None and q is None:
        return Strength("exact", "green", "A rule was broken: nothing here is left to chance.")
    level = q if q is not None else p or 0.0
    name = "q" if q is not None else "p"
    if q is None:
        sentence = f"p = {level:.2g}, before any correction for looking at many subjects."
    elif level < 0.001:  # noqa: PLR2004  one in a thousand
        sentence = f"Of claims at q = {level:.1g}, fewer than 1 in 1000 are expected to be false."
    else:
        share = round(1000 * level)
        sentence = (
            f"Of claims at {name} = {level:.2g}, about {share} in 1000 are expected to be false."
        )
    if level <= 0.001:  # noqa: PLR2004
        return Strength("very strong", "green", sentence)
    if level <= 0.01:  # noqa: PLR2004
        return Strength("strong", "green", sentence)
    if level <= 0.05:  # noqa: PLR2004
        return Strength("moderate", "blue", sentence)
    return Strength("weak", "gray", sentence)


STATUS: dict[str, tuple[str, Colour]] = {
    "opened": (":material/flag:", "red"),
    "updated": (":material/update:", "orange"),
    "closed": (":material/check_circle:", "gray"),
    "withdrawn": (":material/undo:", "gray"),
}
"""Where a finding is in its life → icon and colour; the word is always beside them."""


NARROW = 560
"""Pixels of a chart up to which it is drawn as on a telephone."""


def on_narrow(spec: dict[str, Any], **option: Any) -> dict[str, Any]:
    """Return a chart that is drawn otherwise where it is narrow: `option` is laid over it there.

    Examples
    --------
    >>> on_narrow({"series": []}, xAxis={"show": False})["media"][0]["query"]
    {'maxWidth': 560}
    """
    return {**spec, "media": [{"query": {"maxWidth": NARROW}, "option": option}]}

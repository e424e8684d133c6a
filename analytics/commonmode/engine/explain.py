"""Proving a finding again: its number from its SQL, and from the detector over raw events."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from typing import Any, get_type_hints

import msgspec
import polars as pl
from msgspec import Struct

from commonmode.detectors import ALL, Detector, Query, finding_id
from commonmode.engine.as_of import as_of
from commonmode.engine.raw import Raw
from commonmode.engine.record import Recorded, findings_in
from commonmode.store import QueryError, Reader

SHOWN = 20
"""Evidence events shown; the query fetches them all."""


class UnknownFindingError(LookupError):
    """There is no finding of that id, or several ids begin so."""


class Explanation(Struct, frozen=True):
    """A finding and what came of proving it again.

    Attributes
    ----------
    finding : Recorded
        The finding as it stands.
    recomputed : float or None
        What its own SQL gives, over the events as they stood when it was found.
    rejudged : float or None
        What the detector gives, run again over the raw events as they stood then.
    reproduced : bool
        Whether both are the statistic it was recorded with.
    notes : tuple of str
        Why not, where not.
    evidence : polars.DataFrame
        The first events that prove it.
    """

    finding: Recorded
    recomputed: float | None
    rejudged: float | None
    reproduced: bool
    notes: tuple[str, ...]
    evidence: pl.DataFrame


def explain(reader: Reader, name: str, detectors: Sequence[type[Detector]] = ALL) -> Explanation:
    """Prove a finding again.

    Parameters
    ----------
    reader : Reader
        The store.
    name : str
        Its id, or an unambiguous beginning of it.
    detectors : sequence of type, optional
        The detectors that are known.

    Raises
    ------
    UnknownFindingError
        When no finding, or more than one, is called so.
    """
    finding = find(reader, name)
    notes: list[str] = []
    recomputed = _recomputed(reader, finding, notes)
    rejudged = _rejudged(reader, finding, detectors, notes)
    return Explanation(
        finding=finding,
        recomputed=recomputed,
        rejudged=rejudged,
        reproduced=_agree(finding, recomputed) and _agree(finding, rejudged),
        notes=tuple(notes),
        evidence=_evidence(reader, finding, notes),
    )


_FIND = """
    SELECT finding::VARCHAR AS finding FROM latest_findings
    WHERE starts_with(finding ->> '$.finding_id', $name)
"""


def find(reader: Reader, name: str) -> Recorded:
    """Return the finding of an id, or of an unambiguous beginning of one."""
    found = list(findings_in(reader.query(_FIND, {"name": name})["finding"]))
    exact = [one for one in found if one.finding_id == name]
    if not name or len(exact or found) != 1:
        raise UnknownFindingError(_unknown(reader, name, found))
    return (exact or found)[0]


def _unknown(reader: Reader, name: str, found: Sequence[Recorded]) -> str:
    known = reader.query("SELECT finding_id FROM findings ORDER BY seq DESC")["finding_id"]
    if name and found:
        ids = ", ".join(one.finding_id for one in found[:5])
        return f"needed the id of one finding; {name!r} begins {len(found)}: {ids}."
    if known.is_empty():
        return "there are no findings yet. Hint: `commonmode detect --once --final` looks for some"
    near = difflib.get_close_matches(name, known.to_list(), n=3, cutoff=0.4)
    hint = (
        "did you mean " + " or ".join(near or known[:3].to_list())
        if near
        else ("`commonmode findings` lists them")
    )
    return f"no finding is called {name!r}. Hint: {hint}"


def _recomputed(reader: Reader, finding: Recorded, notes: list[str]) -> float | None:
    query = as_of(Query(finding.fields.get("recompute_sql", "")), _positions(finding))
    try:
        value = reader.query(query.text, query.parameters).item()
    except (QueryError, ValueError) as error:
        notes.append(f"its SQL gives no single number: {error}")
        return None
    _compare(finding, value, "its SQL", notes)
    return None if value is None else float(value)


def _rejudged(
    reader: Reader,
    finding: Recorded,
    detectors: Sequence[type[Detector]],
    notes: list[str],
) -> float | None:
    kind = next((d for d in detectors if d.name == finding.detector), None)
    if kind is None or kind.version != finding.version:
        here = "is not installed" if kind is None else f"is version {kind.version} here"
        notes.append(f"{finding.detector} version {finding.version} found it; it {here}.")
        return None
    detector = with_parameters(kind, finding.parameters)
    scores = Raw(reader, detector, _positions(finding)).scores(finding.window)
    ids = {finding_id(detector, finding.window, score.subject): score for score in scores}
    score = ids.get(finding.finding_id)
    if score is None:
        notes.append("the detector scores no such subject in these events.")
        return None
    _compare(finding, score.statistic, "the detector", notes)
    return score.statistic


def with_parameters(kind: type[Detector], parameters: dict[str, Any]) -> Detector:
    """Return a detector with parameters as findings store them.

    Examples
    --------
    >>> from commonmode.detectors import ALL
    >>> all(with_parameters(d, d().parameters()) == d() for d in ALL)
    True
    """
    types = get_type_hints(kind)
    return kind(**{n: msgspec.convert(v, types[n], strict=False) for n, v in parameters.items()})


def _positions(finding: Recorded) -> dict[str, int]:
    return dict(finding.fields.get("as_of", {}))


def _compare(finding: Recorded, value: float | None, source: str, notes: list[str]) -> None:
    if not _agree(finding, value):
        notes.append(f"{source} gives {value}; recorded is {finding.score['statistic']}.")


def _agree(finding: Recorded, value: float | None) -> bool:
    recorded = finding.score["statistic"]
    if value is None or recorded is None:
        return False
    return math.isclose(value, recorded, rel_tol=1e-9, abs_tol=1e-12)


def _evidence(reader: Reader, finding: Recorded, notes: list[str]) -> pl.DataFrame:
    text = re.sub(r";\s*$", "", finding.fields.get("evidence_sql", ""))
    query = as_of(Query(f"SELECT * FROM ({text}) LIMIT {SHOWN}"), _positions(finding))  # noqa: S608  the store only reads
    try:
        return reader.query(query.text, query.parameters)
    except QueryError as error:
        notes.append(f"its evidence cannot be fetched: {error}")
        return pl.DataFrame()

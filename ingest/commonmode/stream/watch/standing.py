"""What stands already among the findings, so that a worker neither repeats nor contradicts it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from commonmode.events import Event, FindingRaised, FindingRevised
from commonmode.stream.findings import FindingEvent


class _Word(Struct, frozen=True):
    """The last that was said of a finding."""

    revision: int
    provisional: bool
    content: bytes


class Standing:
    """The last word on every finding, as the topic of findings has it.

    A worker that starts anew judges its part of the log again, maybe in another order.
    What it finds is news only where it differs from the last word;
    and once the batch detector, which sees whole windows, has spoken, the watch is silent.
    """

    def __init__(self) -> None:
        self._words: dict[str, _Word] = {}

    def saw(self, event: Event) -> None:
        """Take in a finding that was published, by whomever."""
        finding = getattr(event, "finding", None)
        if isinstance(finding, dict) and isinstance(finding.get("finding_id"), str):
            self._keep(finding)

    def news(self, event: FindingEvent) -> FindingEvent | None:
        """Return what is to be published: the finding numbered after the last word, or None.

        Its id is ``<finding>:live:<revision>``: deterministic, and never one of the batch
        detector's, whose revisions would otherwise be taken for repeats of ours.
        """
        finding: dict[str, Any] = event.finding
        last = self._words.get(finding["finding_id"])
        if last is not None and (not last.provisional or last.content == _content(finding)):
            return None
        if last is None and finding["status"] == "withdrawn":
            return None
        revision = 0 if last is None else last.revision + 1
        numbered = {**finding, "revision": revision, "provisional": True}
        self._keep(numbered)
        kind = FindingRaised if last is None else FindingRevised
        name = f"{finding['finding_id']}:live:{revision}"
        return kind(id=name, at=event.at, agent=event.agent, finding=numbered)

    def _keep(self, finding: dict[str, Any]) -> None:
        revision = finding.get("revision")
        self._words[finding["finding_id"]] = _Word(
            revision=revision if isinstance(revision, int) else 0,
            provisional=bool(finding.get("provisional")),
            content=_content(finding),
        )


def _content(finding: dict[str, Any]) -> bytes:
    """Return what a finding says, without how and when it came to say so."""
    score = finding.get("score")
    said = score if isinstance(score, dict) else {}
    withdrawn = finding.get("status") == "withdrawn"
    return msgspec.json.encode(
        [withdrawn, *(said.get(name) for name in ("statistic", "measures", "resources"))],
        order="sorted",
    )

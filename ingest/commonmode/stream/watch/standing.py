"""What stands already among the findings, so that a worker neither repeats nor contradicts it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from commonmode.events import FindingRaised, FindingRevised
from commonmode.stream.findings import FindingEvent

_Time = Annotated[datetime, Meta(tz=True)]


class Word(Struct, frozen=True):
    """The last that was said of a finding.

    `is_there`: it was read in the topic; until then it is what we sent there.
    """

    finding: Mapping[str, Any]
    content: bytes
    opened: datetime
    is_there: bool

    @classmethod
    def of(cls, finding: object, *, is_there: bool = True) -> Word | None:
        """Read what a finding says; None when it is none."""
        if not isinstance(finding, dict) or not isinstance(finding.get("finding_id"), str):
            return None
        return cls(finding, _content(finding), _opened(finding), is_there)

    @property
    def name(self) -> str:
        """The id of the finding."""
        return str(self.finding["finding_id"])

    @property
    def revision(self) -> int:
        """Its number."""
        revision = self.finding.get("revision")
        return revision if isinstance(revision, int) else 0

    @property
    def provisional(self) -> bool:
        """Whether a watch said it, and not the batch detector."""
        return bool(self.finding.get("provisional"))


class Standing:
    """The last word on every finding whose window is open, as the topic of findings has it.

    A worker that starts anew judges its part of the log again, maybe in another order.
    What it finds is news only where it differs from the last word;
    and once the batch detector, which sees whole windows, has spoken, the watch is silent.
    """

    def __init__(self) -> None:
        self._words: dict[str, Word] = {}

    def saw(self, word: Word) -> bool:
        """Take in a word that was published, by whomever; tell whether it changes the last one.

        Of two workers that gave two words the same number, the first stands: whoever stores them
        drops the second, because it has its id.
        """
        last = self._words.get(word.name)
        if last is not None and not _stands_after(word, last):
            return False
        self._words[word.name] = word
        return last is None or last.content != word.content

    def said(self, event: FindingEvent) -> None:
        """Take note that the broker has a word of ours."""
        word = Word.of(event.finding, is_there=False)
        # Others, or we, may have read it there, or another of its number, before this was heard.
        if word is not None and word.revision > self._revision(word.name):
            self._words[word.name] = word

    def _revision(self, name: str) -> int:
        last = self._words.get(name)
        return -1 if last is None else last.revision

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
        revision = self._revision(finding["finding_id"]) + 1
        numbered = {**finding, "revision": revision, "provisional": True}
        kind = FindingRaised if last is None else FindingRevised
        name = f"{finding['finding_id']}:live:{revision}"
        return kind(id=name, at=event.at, agent=event.agent, finding=numbered)

    def words(self) -> dict[str, Word]:
        """Return the last words, by finding."""
        return dict(self._words)

    def close(self, since: datetime) -> None:
        """Forget findings of windows that opened before some time."""
        self._words = {name: word for name, word in self._words.items() if word.opened >= since}


def _stands_after(word: Word, last: Word) -> bool:
    """Whether what was read is a word after the last one: ours that is on its way, or another's."""
    if not word.provisional or not last.provisional:
        return not word.provisional
    return word.revision > last.revision or (word.revision == last.revision and not last.is_there)


def _opened(finding: Mapping[str, Any]) -> datetime:
    window = finding.get("window")
    try:
        return msgspec.convert(window["start"] if isinstance(window, dict) else None, _Time)
    except (KeyError, msgspec.ValidationError):
        # Nothing that a judge here could have said: it is forgotten at the first occasion.
        return datetime.min.replace(tzinfo=UTC)


def _content(finding: Mapping[str, Any]) -> bytes:
    """Return what a finding says, without how and when it came to say so."""
    score = finding.get("score")
    said = score if isinstance(score, dict) else {}
    withdrawn = finding.get("status") == "withdrawn"
    return msgspec.json.encode(
        [withdrawn, *(said.get(name) for name in ("statistic", "measures", "resources"))],
        order="sorted",
    )

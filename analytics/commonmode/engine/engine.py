"""The engine: what every tick does, detector by detector, in transactions that stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from commonmode.detectors import Detector
from commonmode.engine import ledger
from commonmode.engine.ledger import Reached
from commonmode.engine.side_by_side import side_by_side
from commonmode.engine.tick import Report, Run, Tick, unreported
from commonmode.engine.watermark import Watermark
from commonmode.events import Event
from commonmode.store import Appender, Batch, Progress, Reader

WATERMARK = "watermark"
PUBLISHED = "published"
PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Runs detectors over a store, again and again; all it knows is in the store.

    A tick reads what is new, counts it, judges the windows that closed or were re-opened, and
    records what changed. Each step commits its findings and progress in one
    transaction, so a tick that dies anywhere is simply run again: nothing is lost, and nothing
    is counted or found twice. Two ticks at a time would both count: see `turn`.

    Parameters
    ----------
    detectors : sequence of Detector
        Whom to run.
    reader, appender : Reader, Appender
        The store, to read and to write.
    clock : callable, optional
        The time of day: the clock that stamps ``ingested_at``.
    lateness : timedelta, optional
        How long a window waits for late events.
    span : int, optional
        How many rows of the store are read at once.
    """

    detectors: Sequence[Detector]
    reader: Reader
    appender: Appender
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    lateness: timedelta = timedelta(minutes=5)
    span: int = 500_000

    def tick(self, *, final: bool = False, report: Report = unreported) -> Tick:
        """Count what is new and judge what closed.

        Parameters
        ----------
        final : bool, optional
            Judge windows that are still open, too.
        report : callable, optional
            Told what is being done, how far it is, and how far it will go.

        Raises
        ------
        StoreError
            When the store fails; what was committed before stands. A detector that fails is
            named in the result instead.
        """
        reached = ledger.reached(self.reader)
        watermark = self._advance(reached)

        def run(detector: Detector) -> Tick:
            return Run(
                detector=detector,
                reader=self.reader,
                appender=self.appender,
                reached=reached,
                watermark=watermark,
                final=final,
                report=report,
                span=self.span,
            ).run()

        return sum(side_by_side(run, self.detectors), Tick())

    def _advance(self, reached: Reached) -> datetime | None:
        first, data = ledger.progress(self.reader, WATERMARK)
        before = msgspec.json.decode(data, type=Watermark) if data else Watermark()
        if first >= reached.until:
            return before.at(self.clock(), self.lateness)
        after = before.observe(ledger.leads(self.reader, first, reached.until))
        state = msgspec.json.encode(after)
        self.appender.append(Batch(progress=[Progress(WATERMARK, reached.until, state)]))
        return after.at(self.clock(), self.lateness)

    def publish(self, send: Callable[[Sequence[Event]], object]) -> int:
        """Send the findings recorded here to the log, in order; return how many.

        What was sent is remembered only after `send` has returned, so a crash between the two
        sends again: the same events of the same ids, which every reader drops.
        """
        first, _ = ledger.progress(self.reader, PUBLISHED)
        sent = 0
        while page := list(ledger.unpublished(self.reader, first, PAGE)):
            send([event for _, event in page])
            first = page[-1][0] + 1
            self.appender.append(Batch(progress=[Progress(PUBLISHED, first)]))
            sent += len(page)
        return sent

"""One process that is kept running: started, watched, and started again when it dies."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

from commonmode.local.errors import LocalError
from commonmode.local.guard import Guard
from commonmode.local.heartbeat import Heartbeat
from commonmode.local.identity import Identity
from commonmode.local.journal import Journal
from commonmode.local.state import Condition, ProcessState


@dataclass
class BackOff:
    """How long to wait before the next start: doubled each time, short again after a good run.

    >>> pauses = BackOff()
    >>> [pauses.after(seconds_it_ran=1.0) for _ in range(4)], pauses.after(seconds_it_ran=99.0)
    ([0.5, 1.0, 2.0, 4.0], 0.5)
    """

    shortest: float = 0.5
    longest: float = 8.0
    good_run: float = 10.0
    _next: float = field(default=0.0, init=False)

    def after(self, seconds_it_ran: float) -> float:
        """Return the pause in seconds after a run of this length."""
        pause = self._next if self._next and seconds_it_ran < self.good_run else self.shortest
        self._next = min(2 * pause, self.longest)
        return pause


@dataclass
class Service:
    """One process of the deployment, and what is done to keep it there.

    Parameters
    ----------
    launch
        Starts the process and returns it without waiting.
    is_ready
        Whether the process does its work now.
    after
        Names of the services that must be ready before this one is started.
    heartbeat
        Its sign of life, where it has another than being there.
    patience
        Seconds a process gets from its start to being ready.
    """

    name: str
    journal: Journal
    guard: Guard
    launch: Callable[[], subprocess.Popen[bytes]]
    is_ready: Callable[[], bool]
    after: tuple[str, ...] = ()
    address: str | None = None
    heartbeat: Heartbeat | None = None
    patience: float = 120.0
    process: subprocess.Popen[bytes] | None = None
    condition: Condition = "waiting"
    restarts: int = 0
    reason: str | None = None
    error: LocalError | None = None
    _identity: Identity | None = None
    _launched_at: float = 0.0
    _next_at: float = 0.0
    _pauses: BackOff = field(default_factory=BackOff)

    def tick(self, now: float, *, may_start: bool) -> None:
        """Look at the process once and do what is needed."""
        if self.process is None:
            if may_start and now >= self._next_at:
                self._start(now)
        elif (code := self.process.poll()) is not None:
            self._again(now, self._how_it_ended(code))
        elif self.condition == "starting":
            self._look_whether_ready(now)
        elif self.heartbeat is not None and (why := self.heartbeat.stalled(now)):
            self._again(now, why)

    def stop(self) -> None:
        """Stop the process for good."""
        if self.process is not None:
            self.guard.stop(self.process)
        self.process, self._identity, self.condition = None, None, "stopped"

    def state(self) -> ProcessState:
        """Describe the service as others may read it."""
        return ProcessState(
            name=self.name,
            state=self.condition,
            log=str(self.journal.path),
            restarts=self.restarts,
            process=self._identity,
            address=self.address,
            reason=self.reason,
        )

    def _start(self, now: float) -> None:
        self._launched_at = now
        try:
            self.process = self.launch()
        except LocalError as error:
            self.error = error
            self._again(now, error.cause)
            return
        except OSError as error:
            # A full disk, say: there may be room at the next attempt.
            self._again(now, f"it could not be started: {error}; see commonmode doctor")
            return
        self._identity = Identity.of(self.process.pid)
        self.error, self.condition = None, "starting"

    def _look_whether_ready(self, now: float) -> None:
        age = now - self._launched_at
        if self.is_ready():
            self.condition = "running"
            if self.heartbeat is not None:
                self.heartbeat.begin(now)
        elif age > self.patience:
            self._again(now, f"not ready after {self.patience:.0f} s")

    def _how_it_ended(self, code: int) -> str:
        # Who is killed outright had no time for last words; what it said is about something else.
        killed = code == -signal.SIGKILL
        return ending(code) if killed else f"{ending(code)}: {self.journal.last_words()}"

    def _again(self, now: float, reason: str) -> None:
        if self.process is not None:
            # Whatever is left of its process group goes too. A frozen process hears no SIGTERM,
            # and while it was waited for nobody would look after the others.
            self.guard.kill(self.process)
        self.process, self._identity, self.condition = None, None, "restarting"
        self.reason = reason
        self.restarts += 1
        self._next_at = now + self._pauses.after(now - self._launched_at)


def ending(code: int) -> str:
    """Say how a process ended.

    >>> ending(2), ending(-9)
    ('ended with exit code 2', 'killed by SIGKILL')
    """
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"

"""Keeps services running, from one thread, and takes them down in the order they lean on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from commonmode.local.guard import Guard
from commonmode.local.service import Service

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.1


class Supervisor:
    """Watches services and starts again what dies.

    Parameters
    ----------
    services
        In any order; `Service.after` says who waits for whom.
    guard
        The guard of these services, itself started again when it dies.
    changed
        Called after every look that found a change.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        services: Sequence[Service],
        guard: Guard,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = {service.name: service for service in services}
        self._guard = guard
        self._changed = changed
        self._clock = clock
        self._untold = False
        self._telling = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.defect: BaseException | None = None

    @property
    def services(self) -> tuple[Service, ...]:
        """The services, each after those it waits for."""
        return tuple(self._services.values())

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def look(self) -> None:
        """Look at every service once."""
        before = [service.state() for service in self._services.values()]
        revived = self._guard.revive()
        for service in self._services.values():
            service.tick(self._clock(), may_start=self._may_start(service))
        after = [service.state() for service in self._services.values()]
        if revived or self._untold or before != after:
            self.tell()

    def tell(self) -> None:
        """Say that something changed; where that cannot be written, go on and say it later.

        Keeping the others running matters more than saying so.
        """
        with self._telling:
            try:
                self._changed()
            except OSError as error:
                if not self._untold:
                    logger.warning("the state of the deployment cannot be written: %s", error)
                self._untold = True
            else:
                self._untold = False

    def ready(self) -> bool:
        """Whether every service does its work."""
        return all(service.condition == "running" for service in self._services.values())

    def stop(self) -> None:
        """Stop watching, then every service: first those that nobody leans on."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        for layer in self._layers():
            with ThreadPoolExecutor(len(layer)) as pool:
                list(pool.map(Service.stop, layer))

    def _watch(self) -> None:
        try:
            while not self._ending.wait(_TICK_SECONDS):
                self.look()
        except BaseException as defect:  # noqa: BLE001 - raised again by whoever waits
            self.defect = defect

    def _may_start(self, service: Service) -> bool:
        return all(self._services[name].condition == "running" for name in service.after)

    def _layers(self) -> Iterator[list[Service]]:
        left = dict(self._services)
        while left:
            needed = {name for service in left.values() for name in service.after}
            layer = [service for name, service in left.items() if name not in needed]
            yield layer
            for service in layer:
                del left[service.name]

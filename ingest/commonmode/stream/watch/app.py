"""The live watch as a faust app: its agents' actions in, provisional findings out."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import faust
import psutil
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError
from faust.exceptions import ProducerSendError

from commonmode.events import Position
from commonmode.stream.arrivals import Arrival
from commonmode.stream.connection import Connection
from commonmode.stream.errors import BrokerRefusedError
from commonmode.stream.findings import FindingEvent, finding_record
from commonmode.stream.topics import Topics, ensure, ensure_notes
from commonmode.stream.watch.credentials import credentials
from commonmode.stream.watch.judge import JudgeFactory
from commonmode.stream.watch.log_follower import LogFollower
from commonmode.stream.watch.note_keeper import NoteKeeper
from commonmode.stream.watch.notes import Notes, Start
from commonmode.stream.watch.view import View
from commonmode.stream.watch.watchdog import watch_over

logger = logging.getLogger(__name__)

GROUP = "commonmode-watch"
"""Workers of one topic share its agents: the group is named after both."""

_BATCH = 1000
_LINGER_SECONDS = 0.02
_STALLED_SECONDS = 60.0
_AGAIN_SECONDS = 1.0


class WatchWorker:
    """One worker: faust gives it partitions of agents, and their actions as they come.

    Each worker reads the whole log beside that, for the grants of agents that are not its own;
    see `View`. What of it matters to the next worker it writes down; see `Notes`.
    At least once: a batch is acknowledged after its findings are.

    Parameters
    ----------
    app : faust.App
        The app that it runs in.
    connection : Connection
        The cluster.
    judge_factory : callable
        Makes a judge that has seen nothing.
    topics : Topics
        Names.
    """

    def __init__(
        self, app: Any, connection: Connection, judge_factory: JudgeFactory, topics: Topics
    ) -> None:
        self._app = app
        self._judge_factory = judge_factory
        self._topics = topics
        self._mine: frozenset[int] = frozenset()
        self._publishing = asyncio.Lock()
        self._log = LogFollower(connection, topics, self._new_view, self._publish)
        self._notes = NoteKeeper(connection, topics)
        raw = {"key_serializer": "raw", "value_serializer": "raw"}
        self._findings = app.topic(topics.findings, key_type=bytes, value_type=bytes, **raw)
        events = app.topic(topics.events, key_type=bytes, value_type=bytes, **raw)
        app.agent(events, name="actions")(self._watch_actions)
        app.task(self._follow_log)
        app.task(self._keep_notes)
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)

    def _new_view(self, notes: Notes) -> tuple[View, Start]:
        start = notes.start(self._mine)
        if unknown := sorted(self._mine - start.marks.keys()):
            logger.info("nothing is noted of partitions %s: reading them whole", unknown)
        return View(self._judge_factory(), self._mine, self._topics, start), start

    async def _on_assigned(self, _app: Any, assigned: set[Any], **_: Any) -> None:
        self._mine = frozenset(p.partition for p in assigned if p.topic == self._topics.events)
        logger.info("watching the agents of partitions %s", sorted(self._mine))
        self._log.start_over()

    async def _follow_log(self) -> None:
        watch_over(lambda: self._log.view.done, lambda: self._log.ends, patience=_STALLED_SECONDS)
        try:
            await self._log.follow(lambda: self._app.should_stop)
        finally:
            self._log.close()

    async def _keep_notes(self) -> None:
        try:
            await self._notes.keep(lambda: self._log.view, lambda: self._app.should_stop)
        finally:
            self._notes.close()

    async def _watch_actions(self, stream: Any) -> None:
        async for batch in stream.take_events(_BATCH, within=_LINGER_SECONDS):
            await self._log.ready.wait()
            await self._log.settle()
            view = self._log.view
            for event in batch:
                view.take_live(_arrival(event.message))
                await self._publish(view)
                if view is not self._log.view:
                    # The rest is in the log, which the new view reads.
                    break

    async def _publish(self, view: View) -> None:
        """Say what a view has to say; what cannot be said now is left for the next time."""
        if view.to_say() is None:
            return
        async with self._publishing:
            while (news := view.to_say()) is not None:
                try:
                    await self._send(news)
                except (MessageSizeTooLargeError, RecordTooLargeError) as error:
                    logger.error("%s can never be told: %s", news.id, error)  # noqa: TRY400  it says all
                except (KafkaError, ProducerSendError) as error:
                    logger.warning("%s is not told yet: %s", news.id, error)
                    await asyncio.sleep(_AGAIN_SECONDS)
                    return
                view.said(news)

    async def _send(self, news: FindingEvent) -> None:
        record = finding_record(news, self._topics.findings)
        sent = await self._findings.send(
            key=record.key, value=record.value, headers=dict(record.headers)
        )
        await sent
        logger.info("%s: %s", news.id, news.finding["score"]["claim"])


def _arrival(message: Any) -> Arrival:
    place = Position(message.topic, message.partition, message.offset)
    headers = message.headers.items() if isinstance(message.headers, dict) else message.headers
    return Arrival(place, dict(headers or ()), message.value)


def create_app(
    bootstrap: str,
    data_dir: Path,
    judge_factory: JudgeFactory,
    topics: Topics | None = None,
    *,
    client_properties: dict[str, str] | None = None,
) -> Any:
    """Return the watch as a `faust.App`; start more processes of it to share the agents.

    Parameters
    ----------
    bootstrap : str
        The cluster.
    data_dir : path
        The data folder; each worker has a folder of its own in it while it runs.
    judge_factory : callable
        Makes a judge that has seen nothing.
    topics : Topics
        Names; created when missing.
    client_properties : dict of str to str, optional
        TLS and SASL.

    Raises
    ------
    BrokerUnreachableError
        When no broker answers.
    """
    connection = Connection(bootstrap, client_properties or {})
    topics = topics or Topics()
    ensure(connection, topics)
    _ensure_notes(connection, topics)
    folder = worker_folder(data_dir)
    _clear_after_the_dead(folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        f"{GROUP}-{topics.events}",
        broker=[f"kafka://{address}" for address in bootstrap.split(",")],
        broker_credentials=credentials(connection.properties),
        datadir=folder,
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        consumer_auto_offset_reset="latest",
        processing_guarantee="at_least_once",
        # The least that a broker allows by default: so long the agents of a killed worker wait.
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.5,
    )
    WatchWorker(app, connection, judge_factory, topics)
    return app


def _ensure_notes(connection: Connection, topics: Topics) -> None:
    try:
        ensure_notes(connection, topics)
    except BrokerRefusedError as error:
        logger.warning("every start of the watch will read the whole log: %s", error)


def worker_folder(data_dir: Path) -> Path:
    """Return the folder of this process's worker."""
    return data_dir / "run" / "watch" / str(os.getpid())


def _clear_after_the_dead(folders: Path) -> None:
    """Remove what killed workers left."""
    for folder in folders.glob("[0-9]*"):
        if not psutil.pid_exists(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)


def run(app: Any, data_dir: Path) -> None:
    """Run a worker in this process until SIGINT or SIGTERM; then exit."""
    # Faust would set up logging anew, and then nobody hears of findings or partitions.
    worker = faust.Worker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    # It draws with escapes, into log files too.
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    finally:
        shutil.rmtree(worker_folder(data_dir), ignore_errors=True)

"""Noticing that the log itself changed: a topic made, deleted, made anew, or given partitions."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from commonmode.stream.connection import Connection
from commonmode.stream.topics import TopicState

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 3.0

Found = dict[str, TopicState]


class TopicWatch:
    """Asks the cluster every few seconds which topics it has, without ever keeping one waiting.

    Parameters
    ----------
    connection : Connection
        The cluster.
    names : iterable of str
        The topics of interest.
    every : float
        Seconds between two questions.
    """

    def __init__(self, connection: Connection, names: Iterable[str], every: float) -> None:
        self._admin = AdminClient(connection.for_librdkafka(), logger=logger)
        self._names = sorted(names)
        self._every = every
        self._asking: Future[Found] | None = None
        self._asked_at = float("-inf")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="topics")
        self.found: Found = {}
        self.answered = False
        self._absent = False

    def changed(self) -> bool:
        """Take the last answer in, ask anew when it is time, and tell whether anything changed."""
        changed = self._take_answer()
        due = time.monotonic() - self._asked_at >= self._every
        if due and self._asking is None:
            self._asked_at = time.monotonic()
            self._asking = self._pool.submit(self._ask)
        return changed

    def _take_answer(self) -> bool:
        if self._asking is None or not self._asking.done():
            return False
        asked, self._asking = self._asking, None
        try:
            found = asked.result()
        except KafkaException as error:
            self._note_absence(str(error))
            return False
        self._note_absence(None)
        changed = found != self.found or not self.answered
        self.found, self.answered = found, True
        return changed

    def _note_absence(self, why: str | None) -> None:
        if why is not None and not self._absent:
            logger.warning("Kafka does not answer: %s. Waiting for it.", why)
        if why is None and self._absent:
            logger.warning("Kafka answers again.")
        self._absent = why is not None

    def _ask(self) -> Found:
        answers = self._admin.describe_topics(
            TopicCollection(self._names), request_timeout=_ANSWER_SECONDS
        )
        found = {}
        for name, answer in answers.items():
            try:
                topic = answer.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
            else:
                found[name] = TopicState(str(topic.topic_id), len(topic.partitions))
        return found

    def close(self) -> None:
        """Stop asking."""
        self._pool.shutdown(wait=False, cancel_futures=True)

"""`commonmode replay`: rebuild a store from the log."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from commonmode.cli.options import bootstrap_option, data_option, json_option, topic_option
from commonmode.cli.output import progress, summary
from commonmode.local.state import bootstrap_of
from commonmode.store import Writer, connect, content_hash
from commonmode.store.layout import store_path
from commonmode.stream import Sink, Topics


@click.command("replay")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path), required=False)
@data_option
@bootstrap_option
@topic_option
@json_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    target: Path | None,
    data_dir: Path,
    bootstrap: str | None,
    client_properties: dict[str, str],
    topic: str,
    as_json: bool,  # noqa: FBT001  a click flag
) -> None:
    """Rebuild a fresh store from the log, in the data folder TARGET (default: --data).

    The log is the truth and the store a projection of it: whatever happened to a store, its
    replay says the same. The summary's `content_hash` is equal for equal events, whatever the
    order they were stored in.

    \b
    Example:
      commonmode replay rebuilt
      commonmode sql --data rebuilt "SELECT count(*) FROM events"
    """
    address = bootstrap or bootstrap_of(data_dir)
    if address is None:
        msg = "no Kafka named, and none was started here. Hint: give -b, or run `commonmode up`."
        raise click.UsageError(msg)
    target = target or data_dir
    if store_path(target).exists():
        msg = f"{target} holds a store already; a replay makes a fresh one. Hint: name another."
        raise click.UsageError(msg)
    with Writer(target) as writer, progress("replaying"):
        topics = Topics.named(topic)
        Sink(writer, address, topics, client_properties=client_properties).run(
            threading.Event(), until_end=True
        )
    with connect(target) as store:
        told: dict[str, object] = {"events": store.last_seq(), "content_hash": content_hash(store)}
    summary(told, as_json=as_json)

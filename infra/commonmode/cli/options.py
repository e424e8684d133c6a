"""Options that several verbs share, declared once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from commonmode.cli.output import FORMATS

F = TypeVar("F", bound=Callable[..., Any])


def data_option(function: F) -> F:
    """Add ``--data DIR``: where the store, the broker's log and the addresses live."""
    return click.option(
        "--data",
        "data_dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="COMMONMODE_DATA",
        default=None,
        callback=_default_data_dir,
        help="Data folder.  [env: COMMONMODE_DATA; default: the user's data folder]",
    )(function)


def _default_data_dir(
    _context: click.Context, _parameter: click.Parameter, value: Path | None
) -> Path:
    if value is not None:
        return value
    from commonmode.store import default_data_dir  # noqa: PLC0415  keeps `--help` quick

    return default_data_dir()


class _Property(click.ParamType):
    """``KEY=VALUE``; in the environment a line each, so that a password may hold spaces.

    Passwords belong there: what stands on a command line is seen by every user of the machine.
    """

    name = "property"
    envvar_list_splitter = "\n"


def bootstrap_option(function: F) -> F:
    """Add ``-b/--bootstrap-servers`` and ``-X key=value``."""
    function = click.option(
        "-X",
        "client_properties",
        metavar="KEY=VALUE",
        multiple=True,
        type=_Property(),
        envvar="COMMONMODE_CLIENT_PROPERTIES",
        callback=_pairs,
        help="Kafka client property, e.g. -X security.protocol=SSL; repeatable.",
    )(function)
    return click.option(
        "-b",
        "--bootstrap-servers",
        "bootstrap",
        metavar="HOST:PORT,…",
        envvar="COMMONMODE_BOOTSTRAP_SERVERS",
        default=None,
        help="Kafka to use.  [default: the broker that `commonmode up` started]",
    )(function)


def _pairs(
    _context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    pairs = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key:
            msg = f"needed KEY=VALUE; found {value!r}."
            raise click.BadParameter(msg, param=parameter)
        pairs[key] = text
    return pairs


def topic_option(function: F) -> F:
    """Add ``-t/--topic``: the topic of events."""
    return click.option(
        "-t",
        "--topic",
        default="commonmode.events",
        show_default=True,
        help="Topic of events.",
    )(function)


def rows_option(on_terminal: str) -> Callable[[F], F]:
    """Add ``--format``, for rows that a terminal gets as `on_terminal`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(FORMATS),
        default=None,
        help=f"Form of the rows.  [default: {on_terminal} on a terminal, jsonl otherwise]",
    )


def format_option(function: F) -> F:
    """Add ``--format``: the form of the rows on standard output."""
    return rows_option("table")(function)


def json_option(function: F) -> F:
    """Add ``--json``: the summary as one JSON object on standard output."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the summary as one JSON object."
    )(function)

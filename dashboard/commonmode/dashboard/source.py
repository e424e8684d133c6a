"""Where every view reads: one cached, parametrised question to the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import polars as pl
import streamlit as st

from commonmode.store import (
    QueryError,
    QueryRefusedError,
    StoreUnreachableError,
    connect,
    default_data_dir,
)

Parameter = str | int | float | bool | datetime | list[str] | None

FRESH = "5s"
"""How old a cached answer may be. Live tiles ask at this pace; everything else on interaction."""


def data_dir() -> Path:
    """Return the data folder shown: ``COMMONMODE_DATA``, or the user's."""
    return default_data_dir()


def pace() -> float | None:
    """Return the seconds between refreshes of live tiles; None (``0``) freezes them."""
    return float(os.environ.get("COMMONMODE_REFRESH", "5")) or None


@st.cache_data(ttl=FRESH, max_entries=256, show_spinner="Asking the store…")
def _answer(data: str, sql: str, parameters: dict[str, Parameter]) -> pl.DataFrame:
    with connect(data) as reader:
        answer = reader.query(sql, parameters)
    # DuckDB sums integers into 128 bits, which arrive as decimals of scale 0.
    return answer.with_columns(pl.selectors.decimal().cast(pl.Int64))


def read(sql: str, **parameters: Parameter) -> pl.DataFrame:
    """Ask the store; the answer may be as old as `FRESH`."""
    return _answer(str(data_dir()), sql, parameters)


def ask(sql: str) -> pl.DataFrame:
    """Ask the store now, past the cache: what the workbench runs."""
    with connect(data_dir()) as reader:
        return reader.query(sql)


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a store that does not answer into a sentence and what to do, instead of a trace."""
    try:
        yield
    except StoreUnreachableError as error:
        st.info("There is no store to read yet.", icon=":material/database_off:")
        st.text(str(error))
        st.caption("See it work with a planted economy, or bring logs of your own:")
        st.code(
            "commonmode demo                                  # everything, with planted truth\n"
            "commonmode load agents.jsonl                     # logs on disk, no broker\n"
            "tail -f agents.jsonl | commonmode pipe -         # live, through Kafka",
            language="bash",
        )
        st.caption("The store looked for:")
        st.code(f"{data_dir()}", language=None)
    except (QueryError, QueryRefusedError) as error:
        st.error("The store refused this question.", icon=":material/error:")
        st.text(str(error))

"""The SQL workbench: read-only, explicit, shareable."""

from __future__ import annotations

import time

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import chart, empty, footing, grid, panel, rows_high
from commonmode.dashboard.url_state import choose, chosen
from commonmode.dashboard.views.sql import charts, data
from commonmode.store import QueryError, QueryRefusedError, as_csv

LIMITS = (100, 1_000, 5_000, 50_000)


def show() -> None:
    """Arrange the workbench: schema beside editor, answer below."""
    st.title("SQL workbench", anchor=False)
    st.caption(
        "DuckDB SQL on the whole store, read-only by the engine. One SELECT or EXPLAIN at a time; "
        "nothing runs until you say so. The URL holds the question."
    )
    left, right = st.columns([1, 2], gap="medium")
    with left:
        schema()
    with right:
        sql, most, asked = editor()
        if asked:
            answer(sql, most)
    if "sql-answer" in st.session_state:
        result(*st.session_state["sql-answer"])


def schema() -> None:
    """Browse tables and columns with their comments."""
    with panel("Schema", "Every view is one kind of event, named after it."):
        tables = data.tables()
        if tables.is_empty():
            empty("This store has no tables yet.", "commonmode demo")
            return
        names = tables["name"].to_list()
        first = names.index("findings") if "findings" in names else 0
        table = st.selectbox("Table or view", names, index=first, key="table", bind="query-params")
        chosen = table or names[first]
        st.caption(tables.filter(pl.col("name") == chosen)["comment"].item() or "")
        grid(data.columns(chosen), height=300, key="sql-columns")
        footing(len(names), "table(s) and view(s)")


def editor() -> tuple[str, int, bool]:
    """Edit a question; it runs only when asked."""
    _adopt_url()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        example = st.selectbox(
            "Begin with",
            list(data.EXAMPLES),
            index=None,
            placeholder="an example …",
            key="sql-example",
        )
        if st.button("Take it", disabled=example is None, key="sql-take"):
            st.session_state["sql-text"] = data.EXAMPLES[str(example)]
    sql = st.text_area("Question", key="sql-text", height=240, placeholder="SELECT … FROM events")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        most = st.selectbox("Rows at most", LIMITS, index=1, key="sql-most", width=150)
        asked = st.button(
            "Run",
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+Enter",
            key="sql-run",
        )
    choose("sql", sql or None)
    return sql, most, asked


def _adopt_url() -> None:
    given = chosen("sql")
    if given is not None and st.session_state.get("sql-adopted") != given:
        st.session_state["sql-adopted"] = given
        st.session_state["sql-text"] = given
    st.session_state.setdefault("sql-text", next(iter(data.EXAMPLES.values())))


def answer(sql: str, most: int) -> None:
    """Run the question and keep its answer until the next."""
    st.session_state.pop("sql-answer", None)
    if not sql.strip():
        st.warning("There is no question to run.", icon=":material/edit:")
        return
    began = time.monotonic()
    try:
        with st.spinner("Running …", show_time=True):
            frame, more = data.run(sql, most)
    except (QueryError, QueryRefusedError) as error:
        st.error("The store could not answer.", icon=":material/error:")
        st.code(str(error), language=None, wrap_lines=True)
        return
    st.session_state["sql-answer"] = (frame, more, time.monotonic() - began)


def result(frame: pl.DataFrame, more: bool, seconds: float) -> None:  # noqa: FBT001  what `run` says
    """Show the answer as a table and as a picture, and hand it over."""
    with panel("Answer"):
        if frame.is_empty():
            empty("The question was answered: no rows.")
            return
        table, picture = st.tabs([":material/table_rows: Table", ":material/bar_chart: Chart"])
        with table:
            grid(frame, missing="NULL", height=rows_high(frame.height, 10), key="sql-rows")
        with picture:
            draw(frame)
        note = "there are more: raise the limit" if more else "all of them"
        footing(frame.height, "row(s)", None, f"{note} · {seconds:.2f} s")
        with st.container(horizontal=True):
            st.download_button(
                "CSV",
                as_csv(frame),
                "commonmode.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
            st.download_button(
                "Parquet",
                data.as_parquet(frame),
                "commonmode.parquet",
                icon=":material/download:",
                on_click="ignore",
            )


def draw(frame: pl.DataFrame) -> None:
    """Let the reader choose what is drawn over what."""
    axes, heights = charts.drawable(frame)
    if not heights or not axes:
        empty("There is no number to draw in this answer.")
        return
    across_box, up_box, shape_box = st.columns([2, 3, 2])
    across = across_box.selectbox("Across", axes, key="sql-across")
    up = up_box.multiselect("Up", heights, default=[heights[-1]], key="sql-up")
    best = charts.SHAPES.index(charts.shape_of(frame, across))
    shape = shape_box.selectbox("As", charts.SHAPES, index=best, key="sql-shape")
    if up:
        chart(
            charts.picture(frame, across, up, shape),
            key="sql-picture",
            height=360,
            alt="The answer, drawn",
        )
        footing(min(frame.height, charts.MOST_POINTS), "row(s) drawn")


if __name__ == "__main__":
    show()

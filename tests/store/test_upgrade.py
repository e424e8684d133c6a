"""A store written by an older version opens, keeps what it holds, and is like a new one."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest
from tests.store.samples import actions

from commonmode.events import DIGESTED, to_table
from commonmode.store import Batch, Writer, connect, content_hash
from commonmode.store.database import VERSION

GOLDEN = Path(__file__).parents[1] / "golden"
OLD = sorted(GOLDEN.glob("store-v*.duckdb.gz"))

SAME = " AND ".join(
    f'md5_number_lower("{name}") IS NOT DISTINCT FROM {name}_digest' for name in DIGESTED
)
CATALOG = """
    SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE NOT internal
    UNION ALL SELECT table_name, '', '', true, comment FROM duckdb_tables()
    UNION ALL SELECT view_name, sql, '', true, comment FROM duckdb_views() WHERE NOT internal
"""


@pytest.fixture(params=OLD, ids=lambda path: path.name.split(".")[0])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "store.duckdb").write_bytes(gzip.decompress(request.param.read_bytes()))
    return tmp_path


def test_every_older_version_has_a_store_to_try() -> None:
    versions = {int(path.name.removeprefix("store-v").split(".")[0]) for path in OLD}

    assert versions == set(range(1, VERSION))


def test_an_older_store_is_of_the_version_that_it_is_named_by(
    old: Path, request: pytest.FixtureRequest
) -> None:
    with duckdb.connect(str(old / "store.duckdb"), read_only=True) as db:
        found = db.execute("SELECT max(version) FROM store_version").fetchall()

    assert f"store-v{found[0][0]}" in request.node.name


def test_a_writer_lifts_an_older_store_and_stores_on(old: Path) -> None:
    with Writer(old) as writer:
        stored = writer.append(Batch(to_table(actions(2)))).stored
        events = writer.cursor().execute("SELECT count(*), max(seq) FROM events").fetchall()

    assert stored == 2
    assert events == [(5, 5)]


def test_a_reader_lifts_an_older_store_that_nobody_owns(old: Path) -> None:
    with connect(old) as store:
        open_ones = store.query("SELECT count(*) AS n FROM rejected WHERE retried_at IS NULL")
        last, again = store.last_seq(), content_hash(store)

    assert open_ones.item() == 2
    assert last == 3
    assert again.startswith("3-")


def test_a_lifted_store_has_the_digests_of_all_its_texts(old: Path) -> None:
    with connect(old) as store:
        off = store.query(f"SELECT count(*) FROM events WHERE NOT {SAME}").item()
        known = store.query("SELECT count(agent_digest) FROM events").item()

    assert (off, known) == (0, 3)


def test_a_lifted_store_has_the_tables_views_and_comments_of_a_new_one(
    old: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Writer(old) as lifted, Writer(tmp_path_factory.mktemp("new")) as new:
        assert set(lifted.cursor().execute(CATALOG).fetchall()) == set(
            new.cursor().execute(CATALOG).fetchall()
        )

"""What the page about readers from elsewhere says is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from tests.store.samples import actions, batch, with_empty_store

from commonmode.cli.main import cli
from commonmode.store import FlightServer, PublicAddress, Writer, run_dir
from commonmode.store.flight import delay

PAGE = (Path(__file__).parents[2] / "docs" / "sql-access.md").read_text(encoding="utf-8")


def test_every_step_of_the_page_works(tmp_path: Path) -> None:
    (openssl,) = re.findall(r"^openssl .*$", PAGE, re.MULTILINE)
    subprocess.run(shlex.split(openssl), cwd=tmp_path, check=True, capture_output=True)
    certificate, key = tmp_path / "store.pem", tmp_path / "store.key"
    data = with_empty_store(tmp_path)
    (add,) = re.findall(r"^commonmode (token add ada)$", PAGE, re.MULTILINE)
    token = CliRunner().invoke(cli, [*add.split(), "--data", str(data)]).stdout.strip()
    public = PublicAddress.parse("127.0.0.1:0", certificate, key)
    public.must_have_readers(run_dir(data))

    with Writer(data) as writer, FlightServer(writer, public=public) as server:
        writer.append(batch(actions(20)))
        (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        port = server.public_uri.rpartition(":")[2]
        for said, meant in (
            ("HOST:PORT", f"localhost:{port}"),
            ("TOKEN", token),
            ("CA.pem", str(certificate)),
        ):
            code = code.replace(f'{said}"', f'{meant}"')
        done = subprocess.run(
            [sys.executable, "-c", f"{code}\nprint(frame.item(0, 'events'))"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.returncode) == ("20\n", 0), done.stderr


def test_the_waits_are_those_of_the_page() -> None:
    waits = f"doubles from {delay.FIRST_SECONDS:g} to {delay.MOST_SECONDS:g} seconds"

    assert waits in PAGE
    assert delay.FORGOTTEN_SECONDS == 60


def test_the_commands_of_the_page_are_those_there_are() -> None:
    told = re.findall(r"^\| `commonmode token (\w+)", PAGE, re.MULTILINE)
    group = cli.get_command(None, "token")  # type: ignore[arg-type]

    assert sorted(told) == sorted(getattr(group, "commands", ()))

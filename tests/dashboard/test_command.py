"""`commonmode dashboard`: where it listens, and what it serves."""

from __future__ import annotations

import socket
import tomllib

from commonmode.cli.dashboard import app, arguments, free_port


def test_taken_port_is_passed_over() -> None:
    first = free_port("127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()

        assert free_port("127.0.0.1") > first


def test_server_listens_where_it_is_told_and_tells_nobody() -> None:
    given = arguments("127.0.0.1", 8600)

    assert given[given.index("--server.address") + 1] == "127.0.0.1"
    assert given[given.index("--browser.gatherUsageStats") + 1] == "false"


def test_settings_lie_beside_the_app_and_keep_to_loopback() -> None:
    settings = tomllib.loads((app().parent / ".streamlit" / "config.toml").read_text())

    assert app().exists()
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    assert {"light", "dark"} <= settings["theme"].keys()

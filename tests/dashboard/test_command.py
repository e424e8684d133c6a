"""`commonmode dashboard`: where it listens, and what it serves."""

from __future__ import annotations

import socket
import tomllib
from itertools import pairwise
from pathlib import Path

from commonmode.cli.dashboard import app, arguments, free_port
from commonmode.dashboard.exposure import Exposure, Provider, Readers, Tls


def test_taken_port_is_passed_over() -> None:
    first = free_port("127.0.0.1")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()

        assert free_port("127.0.0.1") > first


def option(given: list[str], name: str) -> list[str]:
    """Return all values of an option on a command line."""
    return [value for flag, value in pairwise(given) if flag == f"--{name}"]


def test_server_listens_where_it_is_told_and_tells_nobody() -> None:
    given = arguments("127.0.0.1", 8600)

    assert option(given, "server.address") == ["127.0.0.1"]
    assert option(given, "browser.gatherUsageStats") == ["false"]


def test_what_keeps_other_sites_out_is_on_whatever_the_users_own_settings_say() -> None:
    given = arguments("127.0.0.1", 8600)

    assert option(given, "server.enableXsrfProtection") == ["true"]
    assert option(given, "server.enableCORS") == ["true"]
    assert option(given, "server.enableAgentApi") == ["false"]
    assert "localhost" in option(given, "server.allowedHosts")


def test_no_other_apps_sign_in_is_taken_from_the_users_home() -> None:
    (secrets,) = option(arguments("127.0.0.1", 8600), "secrets.files")

    assert not Path(secrets).exists()


def test_a_certificate_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    provider = Provider("https://d.example/oauth2callback", "", "", "", "")
    exposure = Exposure(provider, Readers(), Tls("dash.pem", "dash.key"))
    given = arguments("0.0.0.0", 443, tmp_path / "readers.toml", exposure)

    assert option(given, "server.sslCertFile") == [str(tmp_path / "dash.pem")]
    assert option(given, "server.allowedHosts") == ["d.example"]
    assert option(given, "server.corsAllowedOrigins") == ["https://d.example"]


def test_settings_lie_beside_the_app_and_keep_to_loopback() -> None:
    settings = tomllib.loads((app().parent / ".streamlit" / "config.toml").read_text())

    assert app().exists()
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    assert {"light", "dark"} <= settings["theme"].keys()

"""`commonmode dashboard`: the dashboard alone."""

from __future__ import annotations

import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from commonmode.cli.options import data_option
from commonmode.cli.output import errors

FIRST_PORT = 8501
PORTS_TRIED = 100


@click.command("dashboard")
@data_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; anything but loopback opens the logs to the network.",
)
@click.option("--port", type=int, default=None, help="Port.  [default: the first free from 8501]")
@click.option(
    "--refresh",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="Seconds between refreshes of live tiles; 0 freezes them.",
)
def command(data_dir: Path, host: str, port: int | None, refresh: float) -> None:
    """Show the store in a browser, until interrupted.

    Whoever reaches the address sees everything: it listens on loopback unless told otherwise.

    \b
    Example:
      commonmode dashboard --port 8600
    """
    chosen = free_port(host) if port is None else port
    if host not in ("127.0.0.1", "localhost", "::1"):
        errors.print(f"Warning: {host} is reachable from elsewhere, and nothing asks who reads.")
    errors.print(f"Dashboard: http://{host}:{chosen}", highlight=False)
    environment = {
        **os.environ,
        "COMMONMODE_DATA": str(data_dir),
        "COMMONMODE_REFRESH": f"{refresh}",
    }
    # Becoming the server leaves no parent to outlive, whatever signal stops it.
    os.execve(sys.executable, arguments(host, chosen), environment)  # noqa: S606  our own program


def arguments(host: str, port: int) -> list[str]:
    """Return the command that serves the dashboard; its settings lie beside the app."""
    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(app()),
        "--server.address",
        host,
        "--server.port",
        str(port),
        "--server.headless",
        "true",
        "--browser.gatherUsageStats",
        "false",
        "--logger.level",
        "warning",
    ]


def app() -> Path:
    """Return the path of the app, without importing it."""
    found = find_spec("commonmode.dashboard")
    if found is None or found.origin is None:
        msg = "the dashboard is not installed"
        raise click.ClickException(msg)
    return Path(found.origin).with_name("app.py")


def free_port(host: str) -> int:
    """Return the first port from 8501 that nobody listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    msg = f"no port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} is free on {host}."
    raise click.ClickException(msg)

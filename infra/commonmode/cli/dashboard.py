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
from commonmode.dashboard.exposure import Exposure, exposure_of

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
FIRST_PORT = 8501
PORTS_TRIED = 100


@click.command("dashboard")
@data_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any but loopback needs --auth.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=None,
    help="Port.  [default: the first free from 8501]",
)
@click.option(
    "--auth",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that says at which provider readers sign in, and who may read.",
)
@click.option(
    "--refresh",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="Seconds between refreshes of live tiles; 0 freezes them.",
)
def command(data_dir: Path, host: str, port: int | None, auth: Path | None, refresh: float) -> None:
    """Show the store in a browser, until interrupted.

    Whoever reaches the address sees everything, so it listens on loopback. On any other address,
    and behind a proxy, give it --auth: readers then sign in at an OpenID Connect provider.

    \b
    Example:
      commonmode dashboard --port 8600
      commonmode dashboard --host 0.0.0.0 --port 443 --auth readers.toml
    """
    exposure = exposure_of(host, auth)
    chosen = free_port(host) if port is None else port
    address = exposure.auth.address._replace(path="").geturl() if exposure else None
    errors.print(f"Dashboard: {address or f'http://{host}:{chosen}'}", highlight=False)
    environment = {
        **os.environ,
        "COMMONMODE_DATA": str(data_dir),
        "COMMONMODE_REFRESH": f"{refresh}",
    }
    # Becoming the server leaves no parent to outlive, whatever signal stops it.
    os.execve(  # noqa: S606  our own program
        sys.executable, arguments(host, chosen, auth, exposure), environment
    )


def arguments(
    host: str, port: int, auth: Path | None = None, exposure: Exposure | None = None
) -> list[str]:
    """Return the command that serves the dashboard; its looks lie beside the app.

    What keeps others out is said here, where no file of the user's can say otherwise.
    """
    options = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": "true",
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "server.enableAgentApi": "false",
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",
        # Without a file of our own, none: not the one of another app in the user's home.
        "secrets.files": str(auth.resolve() if auth else app().with_name("none.toml")),
        **_of_address(auth, exposure),
    }
    allowed = [_host_of(exposure)] if exposure else [*LOOPBACK_NAMES, host]
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    flags += [part for name in allowed for part in ("--server.allowedHosts", name)]
    return [sys.executable, "-m", "streamlit", "run", str(app()), *flags]


def _host_of(exposure: Exposure) -> str:
    return exposure.auth.address.hostname or ""


def _of_address(auth: Path | None, exposure: Exposure | None) -> dict[str, str]:
    if auth is None or exposure is None:
        return {}
    home = exposure.auth.address
    options = {
        "browser.serverAddress": _host_of(exposure),
        "server.corsAllowedOrigins": f"{home.scheme}://{home.netloc}",
    }
    if exposure.tls is not None:
        options["server.sslCertFile"] = str(auth.resolve().parent / exposure.tls.certificate)
        options["server.sslKeyFile"] = str(auth.resolve().parent / exposure.tls.key)
    return options


def app() -> Path:
    """Return the path of what is served, without importing it."""
    found = find_spec("commonmode.dashboard")
    if found is None or found.origin is None:
        msg = "the dashboard is not installed"
        raise click.ClickException(msg)
    return Path(found.origin).with_name("serving.py")


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

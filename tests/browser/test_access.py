"""A dashboard that others can reach: who may read it, in a real browser at a real provider."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.served import served, told_all, wait_until_healthy
from tests.dashboard import small_store
from tests.dashboard.small_store import BREACH, MONOCULTURE

from commonmode.cli.dashboard import free_port
from commonmode.dashboard.views import VIEWS

pytestmark = pytest.mark.browser

ADA = {"sub": "ada", "email": "ada@example.org", "email_verified": True}
BOB = {"sub": "bob", "email": "bob@example.org", "email_verified": True}
EVE = {"sub": "eve", "email": "ada@example.org", "email_verified": False}
GUS = {"sub": "gus"}

DATA = re.compile(r"aurora|basalt|cedar|events\b.*\d|repo/p1")
"""What stands in the store of these tests and on no page that a stranger sees."""

READERS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "a secret of more than thirty-two letters"
client_id = "commonmode"
client_secret = "not checked by this provider"
server_metadata_url = "{provider}/.well-known/openid-configuration"

[readers]
emails = ["ada@example.org"]
subjects = ["gus"]
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Address of an OpenID Connect provider with four users."""
    port = free_port("127.0.0.1")
    users = [part for user in (ADA, BOB, EVE, GUS) for part in ("--user-claims", json.dumps(user))]
    running = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(running.pid, 15)
        running.wait(20)


@pytest.fixture(scope="module")
def readers(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says who may read; its name holds the port."""
    port = free_port("127.0.0.1")
    file = tmp_path_factory.mktemp("readers") / f"{port}.toml"
    file.write_text(READERS.format(port=port, provider=provider))
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def exposed(
    browser: Browser, readers: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a dashboard that listens on every address of this machine."""
    store = small_store.fill(tmp_path_factory.mktemp("exposed"))
    options = ("--host", "0.0.0.0", "--auth", str(readers), "--refresh", "1")
    with served(store, *options, port=int(readers.stem)) as address:
        yield address


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies."""
    context = browser.new_context()
    yield context
    context.close()


def signed_in(visitor: BrowserContext, address: str, name: str) -> Page:
    page = visitor.new_page()
    page.goto(address)
    page.get_by_role("button", name="Sign in").click(timeout=30_000)
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"{address}/**")
    told_all(page)
    return page


def everything_told(page: Page) -> list[str]:
    """Collect all that the server tells a page from now on, over the socket as over HTTP."""
    told: list[str] = []

    def hear(frame: str | bytes) -> None:
        told.append(frame if isinstance(frame, str) else frame.decode("latin-1"))

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    return told


ADDRESSES = [
    "",
    *(view.noun for view in VIEWS),
    f"findings?finding={MONOCULTURE}",
    f"findings?finding={BREACH}",
    "events?event=w1",
    "sql?sql=SELECT%20*%20FROM%20events",
]


def test_a_stranger_is_told_nothing_of_the_data_on_any_page(
    exposed: str, visitor: BrowserContext
) -> None:
    page = visitor.new_page()
    told = everything_told(page)
    for address in ADDRESSES:
        page.goto(f"{exposed}/{address}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
        told_all(page)

    assert len(told) > len(ADDRESSES)
    assert [word for text in told if (word := DATA.search(text))] == []


def test_a_reader_signs_in_and_reads(exposed: str, visitor: BrowserContext) -> None:
    page = signed_in(visitor, exposed, "ada")
    told = everything_told(page)
    page.goto(f"{exposed}/findings?finding={MONOCULTURE}")
    told_all(page)

    expect(page.get_by_text("Agents of family aurora choose alike")).to_be_visible()
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    assert any(DATA.search(text) for text in told)


@pytest.mark.slow
def test_a_reader_without_an_address_is_known_by_subject(
    exposed: str, visitor: BrowserContext
) -> None:
    page = signed_in(visitor, exposed, "gus")

    expect(page.get_by_role("heading", name="Economy")).to_be_visible()


@pytest.mark.parametrize("name", ["bob", "eve"], ids=["unlisted", "address-not-verified"])
def test_who_is_not_among_the_readers_is_told_so_and_nothing_else(
    exposed: str, visitor: BrowserContext, name: str
) -> None:
    page = signed_in(visitor, exposed, name)
    told = everything_told(page)
    page.goto(f"{exposed}/findings?finding={MONOCULTURE}")
    told_all(page)

    expect(page.get_by_text("you are not among its readers")).to_be_visible()
    assert [word for text in told if (word := DATA.search(text))] == []


def test_who_signs_out_is_a_stranger_again(exposed: str, visitor: BrowserContext) -> None:
    page = signed_in(visitor, exposed, "ada")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
    page.goto(f"{exposed}/findings")

    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)


@pytest.mark.slow
def test_a_forged_cookie_lets_nobody_in(exposed: str, visitor: BrowserContext) -> None:
    claims = json.dumps({**ADA, "is_logged_in": True, "iat": 4e9, "origin": exposed})
    for name in ("_streamlit_user", "_streamlit_user_tokens"):
        visitor.add_cookies([{"name": name, "value": claims, "url": exposed}])
    page = visitor.new_page()
    page.goto(exposed)

    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)


@pytest.fixture
def handshake(exposed: str) -> Callable[..., str]:
    """Open a socket to the dashboard as a page of `origin`; return the answer's first line."""

    def answer(origin: str, host: str) -> str:
        port = exposed.rsplit(":", 1)[1]
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
        headers = {
            "Host": host.format(port=port),
            "Origin": origin.format(port=port),
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "c29tZSByYW5kb20gdGV4dA==",
        }
        connection.request("GET", "/_stcore/stream", headers=headers)
        status = connection.getresponse().status
        connection.close()
        return str(status)

    return answer


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("http://127.0.0.1:{port}", "127.0.0.1:{port}", "101"),
        ("http://evil.example", "127.0.0.1:{port}", "403"),
        ("http://localhost:3000", "127.0.0.1:{port}", "403"),
        ("http://evil.example:{port}", "evil.example:{port}", "403"),
    ],
    ids=["own", "another-site", "another-app-of-this-machine", "rebound-name"],
)
def test_only_its_own_pages_open_a_socket(
    handshake: Callable[[str, str], str], origin: str, host: str, status: str
) -> None:
    assert handshake(origin, host) == status


@pytest.mark.slow
def test_a_reader_who_is_struck_off_the_list_is_out_within_seconds(
    exposed: str, readers: Path, visitor: BrowserContext
) -> None:
    page = signed_in(visitor, exposed, "gus")
    before = readers.read_text()
    readers.write_text(before.replace('"gus"', '"nobody"'))
    try:
        expect(page.get_by_text("you are not among its readers")).to_be_visible(timeout=30_000)
    finally:
        readers.write_text(before)


@pytest.fixture
def certified(provider: str, tmp_path: Path) -> Path:
    """The same file, with a certificate for this machine beside it."""
    command = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key.pem"
    subprocess.run(
        ["openssl", *command.split(), "-out", "cert.pem", "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    port = free_port("127.0.0.1")
    file = tmp_path / f"{port}.toml"
    secure = READERS.replace("http://127", "https://127").format(port=port, provider=provider)
    file.write_text(f'{secure}\n[tls]\ncertificate = "cert.pem"\nkey = "key.pem"\n')
    file.chmod(0o600)
    return file


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_with_a_certificate_it_answers_over_tls_only(certified: Path) -> None:
    trusted = ssl.create_default_context(cafile=certified.with_name("cert.pem"))
    options = ("--host", "0.0.0.0", "--auth", str(certified))
    with served(certified.parent, *options, port=int(certified.stem), tls=trusted) as address:
        with urllib.request.urlopen(f"{address}/_stcore/health", context=trusted) as answer:
            assert answer.status == 200
        with pytest.raises((ConnectionError, urllib.error.URLError, http.client.BadStatusLine)):
            urllib.request.urlopen(address.replace("https", "http"), timeout=5)

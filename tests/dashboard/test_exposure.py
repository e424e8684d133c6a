"""What a dashboard that others can reach must say before it serves."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import streamlit as st
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest
from tests.dashboard.conftest import APP

from commonmode.cli.main import cli
from commonmode.dashboard.entrance import Standing
from commonmode.dashboard.exposure import ExposureError, Readers, exposure_of, is_fresh

SOUND = """
[auth]
redirect_uri = "https://dash.example.org/oauth2callback"
cookie_secret = "a secret of more than thirty-two letters"
client_id = "commonmode"
client_secret = "s"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"

[readers]
emails = ["ada@example.org"]
"""


def written(folder: Path, text: str = SOUND, name: str = "readers.toml", mode: int = 0o600) -> Path:
    file = folder / name
    file.write_text(text)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "dash.example.org", ""])
def test_an_address_that_others_reach_is_refused_without_a_file(host: str) -> None:
    result = CliRunner().invoke(cli, ["dashboard", "--host", host])

    assert isinstance(result.exception, ExposureError)
    assert "--auth FILE" in str(result.exception)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_file(host: str) -> None:
    assert exposure_of(host, None) is None


def test_a_sound_file_is_taken(tmp_path: Path) -> None:
    exposure = exposure_of("0.0.0.0", written(tmp_path))

    assert exposure is not None
    assert exposure.auth.address.hostname == "dash.example.org"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((SOUND, ""), "auth"),
        (('client_secret = "s"\n', ""), "client_secret"),
        (("a secret of more than thirty-two letters", "short"), "length >= 32"),
        (
            ("https://dash.example.org/oauth2callback", "https://dash.example.org/"),
            "oauth2callback",
        ),
        (("https://dash", "http://dash"), "needed https in redirect_uri"),
        (("https://id", "http://id"), "needed https in server_metadata_url"),
        (('emails = ["ada@example.org"]', ""), "names nobody"),
        (("emails", "email"), "email"),
        (("[readers]", '[tls]\ncertificate = "no.pem"\nkey = "no.key"\n\n[readers]'), "no.pem"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gap_in_the_file_is_refused_by_name(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    with pytest.raises(ExposureError, match="Hint:") as caught:
        exposure_of("0.0.0.0", written(tmp_path, SOUND.replace(*change)))

    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("name", "mode", "told"), [("readers.toml", 0o644, "chmod 600"), ("readers", 0o600, ".toml")]
)
def test_a_file_that_others_read_or_streamlit_would_not_is_refused(
    tmp_path: Path, name: str, mode: int, told: str
) -> None:
    with pytest.raises(ExposureError, match=told):
        exposure_of("0.0.0.0", written(tmp_path, name=name, mode=mode))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExposureError, match="cannot be read"):
        exposure_of("0.0.0.0", tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("claims", "admitted"),
    [
        ({"sub": "1", "email": "ADA@example.org", "email_verified": True}, True),
        ({"sub": "1", "email": "ada@example.org", "email_verified": "true"}, False),
        ({"sub": "1", "email": "ada@example.org"}, False),
        ({"sub": "1", "email": "eve@example.org", "email_verified": True}, False),
        ({"sub": "7"}, True),
        ({"sub": 7}, False),
        ({}, False),
    ],
)
def test_readers_are_known_by_a_verified_address_or_by_subject(
    claims: dict[str, object],
    admitted: bool,  # noqa: FBT001  a parametrised expectation
) -> None:
    readers = Readers(emails=["ada@example.org"], subjects=["7"])

    assert readers.admit(claims) is admitted
    assert Readers(everyone=True).admit(claims)


def test_a_sign_in_lapses() -> None:
    now = time.time()

    assert is_fresh({"iat": now - 3_600})
    assert not is_fresh({"iat": now - 13 * 3_600})
    assert not is_fresh({"iat": "now"})


def test_an_app_started_past_the_command_on_a_public_address_shows_nothing(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONMODE_DATA", str(small))
    monkeypatch.setattr(
        "streamlit.get_option", lambda name: "0.0.0.0" if name == "server.address" else None
    )
    at = AppTest.from_file(str(APP), default_timeout=120).run()

    assert "open to everybody" in at.error[0].value
    assert [*at.dataframe, *at.metric, *at.caption] == []


def _a_page_with_a_way_out() -> None:
    import streamlit as st  # noqa: PLC0415  an app of its own

    from commonmode.dashboard import entrance  # noqa: PLC0415

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    entrance.signed_in()


def test_signing_out_runs_nothing_again_that_would_sweep_the_way_out_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "commonmode.dashboard.entrance.standing",
        lambda: Standing.READER if st.user.is_logged_in else Standing.STRANGER,
    )
    at = AppTest.from_function(_a_page_with_a_way_out, default_timeout=30)
    at.user = {"email": "ada@example.org", "is_logged_in": True}
    at.run().button[0].click().run()

    assert at.caption[0].value == "Signing out …"
    assert at.session_state["runs"] == 2

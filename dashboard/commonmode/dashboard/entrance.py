"""The entrance: who may not read sees nothing but a way to sign in, on every page."""

from __future__ import annotations

from enum import Enum, auto

import msgspec
import streamlit as st

from commonmode.dashboard.exposure import Readers, is_fresh, is_loopback
from commonmode.dashboard.plain_text import visible
from commonmode.dashboard.source import pace


class Standing(Enum):
    """What the one who looks is to this dashboard."""

    AT_HOME = auto()
    """Nobody signs in here: only this machine reaches it."""
    READER = auto()
    STRANGER = auto()
    LAPSED = auto()
    """Signed in too long ago."""
    UNLISTED = auto()
    """Signed in, and not among the readers."""
    NOBODY_ASKED = auto()
    """Others reach it and nothing asks who they are: started past our own command."""


def standing() -> Standing:
    """Return what the one who looks is; whatever cannot be made out keeps people out."""
    if not (st.secrets.load_if_toml_exists() and "auth" in st.secrets):
        at_home = is_loopback(str(st.get_option("server.address") or ""))
        return Standing.AT_HOME if at_home else Standing.NOBODY_ASKED
    if not st.user.is_logged_in:
        return Standing.STRANGER
    claims = st.user.to_dict()
    if not is_fresh(claims):
        return Standing.LAPSED
    readers = msgspec.convert(st.secrets["readers"].to_dict(), Readers)
    return Standing.READER if readers.admit(claims) else Standing.UNLISTED


def admitted() -> bool:
    """Return whether the one who looks may read; say what to do when not."""
    match standing():
        case Standing.AT_HOME | Standing.READER:
            return True
        case Standing.STRANGER:
            _ask_to_sign_in("Sign in to see this dashboard.")
        case Standing.LAPSED:
            _ask_to_sign_in("You signed in a while ago; please do so again.")
        case Standing.UNLISTED:
            _turn_away()
        case Standing.NOBODY_ASKED:
            st.error("This dashboard would be open to everybody, so it shows nothing.")
            st.code("commonmode dashboard --host 0.0.0.0 --auth FILE", language="bash")
    return False


@st.fragment(run_every=pace())
def signed_in() -> None:
    """Show who is signed in, and a way out; who is no reader any more is put out at this tick."""
    match standing():
        case Standing.AT_HOME:
            return
        case Standing.READER:
            st.text(_name())
            st.button("Sign out", icon=":material/logout:", on_click=st.logout, type="tertiary")
        case Standing.STRANGER:
            # Streamlit's word to leave for the provider may still wait to be sent, and running
            # again would sweep it away: the cookie would stay, and a reload be signed in again.
            st.caption("Signing out …")
        case _:
            st.rerun()


def _ask_to_sign_in(sentence: str) -> None:
    st.title("Commonmode", anchor=False)
    st.caption(sentence)
    st.button("Sign in", icon=":material/login:", on_click=st.login, type="primary")


def _turn_away() -> None:
    st.title("Commonmode", anchor=False)
    st.warning("You are signed in, but you are not among its readers.", icon=":material/block:")
    st.text(_name())
    st.caption("Whoever runs it can name you in the file given with --auth.")
    st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _name() -> str:
    claims = st.user.to_dict()
    return visible(claims.get("email") or claims.get("sub") or "unnamed")[:80]

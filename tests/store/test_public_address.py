"""Where a store is served to others, and what is wrong with such an address."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from tests.store.certificates import Pair, at

from commonmode.store import (
    ListenError,
    PublicAddress,
    TokenBook,
    TokenError,
)


@pytest.mark.parametrize("listen", ["", "host", ":1", "host:", "host:x", "host:70000"])
def test_what_is_no_address_is_refused(listen: str, pair: Pair) -> None:
    with pytest.raises(ListenError, match="HOST:PORT"):
        at(listen, pair)


def test_without_a_certificate_the_refusal_says_how_to_make_one() -> None:
    with pytest.raises(ListenError, match="openssl req -x509"):
        PublicAddress.parse("0.0.0.0:1", None, None)


def test_a_key_of_another_certificate_is_refused(pair: Pair, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(other)
    with pytest.raises(ListenError, match="no certificate with its key"):
        PublicAddress.parse("h:1", pair.certificate, other).pair()


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(ListenError, match=r"gone\.key"):
        PublicAddress.parse("h:1", tmp_path / "gone.pem", tmp_path / "gone.key").pair()


def test_a_key_that_anyone_can_read_is_refused(pair: Pair, tmp_path: Path) -> None:
    key = tmp_path / "open.key"
    key.write_bytes(pair.key.read_bytes())
    key.chmod(0o644)
    with pytest.raises(ListenError, match="chmod 600"):
        PublicAddress.parse("h:1", pair.certificate, key).pair()


def test_without_a_named_token_nobody_is_listened_for(pair: Pair, book: TokenBook) -> None:
    address = at("127.0.0.1:0", pair)
    with pytest.raises(TokenError, match="commonmode token add NAME"):
        address.must_have_readers(book.path.parent)

    book.add("ada")
    address.must_have_readers(book.path.parent)

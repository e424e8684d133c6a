"""Tokens with names: told once, kept as hashes, changed while a store runs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from commonmode.store import TokenBook, TokenError


@pytest.fixture
def book(tmp_path: Path) -> TokenBook:
    """An empty book."""
    return TokenBook(tmp_path / "run")


def test_a_token_opens_for_its_name_alone(book: TokenBook) -> None:
    ada, bob = book.add("ada"), book.add("bob")

    assert (book.name_of(ada), book.name_of(bob)) == ("ada", "bob")
    assert book.name_of(ada[:-1]) is None
    assert book.name_of("") is None
    assert book.name_of("\udcff") is None


def test_only_its_owner_may_read_the_file_and_no_token_stands_in_it(book: TokenBook) -> None:
    token = book.add("ada")

    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert token not in book.path.read_text()
    assert token.removeprefix("commonmode_") not in book.path.read_text()


def test_changes_count_at_once_for_who_has_looked_already(book: TokenBook) -> None:
    old = book.add("ada")
    served = TokenBook(book.path.parent)
    assert served.name_of(old) == "ada"

    new = book.rotate("ada")
    assert (served.name_of(old), served.name_of(new)) == (None, "ada")

    book.revoke("ada")
    assert served.name_of(new) is None
    assert book.grants() == {}


def test_a_file_that_others_can_read_opens_nothing(book: TokenBook) -> None:
    token = book.add("ada")
    book.path.chmod(0o644)

    assert book.name_of(token) is None
    with pytest.raises(TokenError, match="chmod 600"):
        book.grants()


def test_a_damaged_file_opens_nothing(book: TokenBook) -> None:
    token = book.add("ada")
    book.path.write_text("{")

    assert book.name_of(token) is None
    with pytest.raises(TokenError, match="cannot be read"):
        book.add("bob")


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "a\n", "a\x1b[31m", "ä", "a" * 65])
def test_what_is_no_name_gets_no_token(book: TokenBook, name: str) -> None:
    with pytest.raises(TokenError, match="needed a name"):
        book.add(name)


def test_a_name_has_one_token(book: TokenBook) -> None:
    book.add("ada")

    with pytest.raises(TokenError, match="rotate ada"):
        book.add("ada")
    with pytest.raises(TokenError, match="no token is named bob"):
        book.rotate("bob")
    with pytest.raises(TokenError, match="no token is named bob"):
        book.revoke("bob")

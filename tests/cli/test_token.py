"""`commonmode token`: a token is shown once, on standard output alone."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from commonmode.cli.main import cli
from commonmode.store import TokenBook, TokenError, run_dir


def token(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["token", *arguments, "--data", str(folder)])


def test_a_token_is_made_replaced_and_taken_away(tmp_path: Path) -> None:
    book = TokenBook(run_dir(tmp_path))

    first = token(tmp_path, "add", "ada").stdout.strip()
    assert book.name_of(first) == "ada"
    second = token(tmp_path, "rotate", "ada").stdout.strip()
    assert (book.name_of(first), book.name_of(second)) == (None, "ada")
    assert token(tmp_path, "revoke", "ada").exit_code == 0
    assert book.name_of(second) is None


def test_the_list_has_names_and_no_token(tmp_path: Path) -> None:
    made = [token(tmp_path, "add", name).stdout.strip() for name in ("bob", "ada")]

    listed = token(tmp_path, "list").stdout

    assert [line.split("\t")[0] for line in listed.splitlines()] == ["ada", "bob"]
    assert not any(one in listed for one in made)


def test_a_name_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert isinstance(token(tmp_path, "revoke", "ada").exception, TokenError)

"""Render docs/cli.md from the verbs' own help: `python tests/docs/cli_reference.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from commonmode.cli.main import HIDDEN, VERBS, cli

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
WIDTH = 88


def render() -> str:
    """Return the page: every verb with its help, as people see it."""
    parts = [
        "# The command line",
        "",
        "Every verb's own help; `make docs` writes this page and a test holds it true.",
        "",
    ]
    for verb, line in VERBS.items():
        if verb not in HIDDEN:
            parts += [f"## {verb}", "", line, "", "```", help_of(verb), "```", ""]
    return "\n".join(parts)


def help_of(verb: str) -> str:
    """Return what `commonmode VERB --help` prints on a terminal of `WIDTH` columns."""
    command: click.Command = import_module(f"commonmode.cli.{verb}").command
    # A verb takes its settings from the group, as when people call it.
    group = click.Context(cli, info_name="commonmode", **cli.context_settings)
    context = click.Context(
        command, group, info_name=verb, terminal_width=WIDTH, max_content_width=WIDTH
    )
    return command.get_help(context).rstrip()


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

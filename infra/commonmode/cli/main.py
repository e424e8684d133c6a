"""`commonmode`: the table of verbs, and how errors become exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from commonmode.cli.terminal import errors, plain

VERBS = {
    "demo": "A planted economy through the whole way, dashboard open.",
    "up": "Start the one-machine deployment.",
    "down": "Stop it.",
    "status": "What runs, where, and how far behind it is.",
    "pipe": "Logs → Kafka.",
    "load": "Logs → store, without a broker.",
    "rejected": "What was refused and why; read it again after a fix.",
    "sql": "Ask the store, once or interactively.",
    "detect": "Judge closed windows, once or for ever.",
    "findings": "List findings.",
    "explain": "Prove one finding again.",
    "simulate": "A seeded economy as NDJSON.",
    "evaluate": "The scorecard: detectors against planted truth.",
    "replay": "Rebuild a store from the log.",
    "snapshot": "Copy the store for other tools.",
    "schema": "The kinds of event and their fields.",
    "token": "Who may read the store from elsewhere.",
    "doctor": "What ails a deployment here, and what to do.",
    "dashboard": "The dashboard alone.",
    "watch": "The live watch alone.",
    "owner": "The owner of the store alone.",
}
"""Verb → its line in ``commonmode --help``; each lives in the module of its name."""

HIDDEN = frozenset({"owner"})


class Verbs(click.Group):
    """Imports a verb only when it is called, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order people meet them."""
        del ctx
        return [verb for verb in VERBS if verb not in HIDDEN]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; one that is not there is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if near := get_close_matches(args[0], self.list_commands(ctx), 1):
                error.message += f" Did you mean {near[0]!r}?"
            raise

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module and return its command."""
        del ctx
        if cmd_name not in VERBS:
            return None
        command = import_module(f"commonmode.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            msg = f"commonmode.cli.{cmd_name}.command is no click.Command"
            raise TypeError(msg)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a reader that has seen enough, `head` say, ends it well."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Caught here, because click makes it exit code 1; and what is left in the buffer
            # must not fail once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        return done

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(v, VERBS[v]) for v in self.list_commands(ctx)])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="commonmode")
def cli() -> None:
    """Watch an economy of agents: where they fail together, collude or overstep.

    \b
    Example:
      commonmode demo
      tail -f agents.jsonl | commonmode pipe -
      commonmode sql "SELECT agent, count(*) FROM action_taken GROUP BY ALL"
    """


UNREACHABLE = (
    "BrokerUnreachableError",
    "BrokerUnavailableError",
    "StoreUnreachableError",
    "FolderUnwritableError",
)
"""Names of the errors that end with exit code 4, wherever they come from."""


def exit_code_of(error: BaseException) -> int | None:
    """Return the exit code an error stands for, or None when it is a defect of ours.

    Examples
    --------
    >>> exit_code_of(KeyboardInterrupt()), exit_code_of(click.UsageError("x"))
    (130, 2)
    """
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return 130
    if isinstance(error, click.ClickException):
        return error.exit_code
    names = {kind.__name__ for kind in type(error).__mro__}
    if names.intersection(UNREACHABLE):
        return 4
    if "StoreError" in names:
        return 2
    return 2 if isinstance(error, ValueError | LookupError | OSError) and _is_ours(error) else None


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("commonmode.")


def _interrupted(arguments: list[str]) -> str:
    """Say what to do about it, where a verb reads to an end: what it stored is stored once."""
    if arguments[:1] in (["load"], ["pipe"]):
        return "Interrupted before the end: give the same command again."
    return "Interrupted."


def main(arguments: list[str] | None = None) -> Any:
    """Run a verb and end the process with its exit code."""
    try:
        sys.exit(cli.main(args=arguments, prog_name="commonmode", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.message = plain(error.message)
        error.show()
        sys.exit(error.exit_code)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the last word of a verb
        code = exit_code_of(error)
        if code is None:
            # A defect of ours, which may quote what agents wrote.
            sys.stderr.write(plain(traceback.format_exc()))
            sys.exit(1)
        said = f"Error: {plain(str(error))}"
        if code == 130:  # noqa: PLR2004  the shell's own number
            said = _interrupted(sys.argv[1:] if arguments is None else arguments)
        # A path that is cut in two cannot be copied: the terminal wraps better.
        errors.print(said, markup=False, soft_wrap=True)
        sys.exit(code)


if __name__ == "__main__":
    main()

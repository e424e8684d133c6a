"""`commonmode schema`: the kinds of event and their fields."""

from __future__ import annotations

import json
from difflib import get_close_matches

import click
import msgspec
from rich.console import Console
from rich.text import Text

from commonmode.events import BY_NAME, KINDS, Event, fields_of, kind_of


@click.command("schema")
@click.argument("kinds", nargs=-1)
@click.option("--json-schema", is_flag=True, help="Print JSON Schema instead, for other tools.")
def command(kinds: tuple[str, ...], json_schema: bool) -> None:  # noqa: FBT001  a click flag
    """Print the kinds of event, a line each, and their fields, a line each.

    Fields that every kind has stand first; KINDS narrows the list.

    \b
    Example:
      commonmode schema
      commonmode schema action_taken permission_granted
      commonmode schema --json-schema > commonmode.schema.json
    """
    chosen = tuple(_kind(name) for name in kinds) or KINDS
    if json_schema:
        click.echo(json.dumps(as_json_schema(chosen), indent=2))
        return
    console = Console(highlight=False)
    shared = {doc.name for doc in fields_of(Event)}
    _print(console, "every kind", "what every event may say", Event, frozenset())
    for kind in chosen:
        _print(console, kind_of(kind), _claim(kind), kind, shared)


def as_json_schema(kinds: tuple[type[Event], ...]) -> dict[str, object]:
    """Return the JSON Schema of the wire form: any one of `kinds`."""
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Commonmode event",
        "anyOf": list(schemas),
        "$defs": components,
    }


def _kind(name: str) -> type[Event]:
    if name in BY_NAME:
        return BY_NAME[name]
    near = get_close_matches(name, BY_NAME, 1)
    msg = f"needed a kind of event; found {name!r}." + (f" Did you mean {near[0]}?" if near else "")
    raise click.BadParameter(msg, param_hint="KINDS")


def _claim(kind: type[Event]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _print(
    console: Console, name: str, claim: str, kind: type[Event], leave_out: frozenset[str] | set[str]
) -> None:
    console.print(Text.assemble((name, "bold"), "  ", (claim, "dim")), soft_wrap=True)
    if kind is Event:
        console.print(_line("kind", "text", "one of the kinds below", required=True))
    for doc in fields_of(kind):
        if doc.name not in leave_out:
            line = _line(doc.name, doc.type, doc.description, required=doc.required)
            console.print(line, soft_wrap=True)


def _line(name: str, words: str, description: str, *, required: bool) -> Text:
    return Text(f"  {'*' if required else ' '} {name:<13} {words:<25} {description}")

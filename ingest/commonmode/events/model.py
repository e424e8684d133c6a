"""The event: a fact in the past tense, as every kind of event shares it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

SCHEMA_VERSION = 1
"""The wire version written today; older versions are read for ever (see `upcast`)."""

Json = Any
"""A JSON value of any shape, kept as it came."""

Time = Annotated[datetime, Meta(tz=True)]
"""An instant: RFC 3339 with an offset, stored in UTC to the microsecond."""

Name = Annotated[str, Meta(min_length=1)]
"""A non-empty identifier."""

Outcome = Literal["ok", "error", "denied", "timeout"]
SideEffect = Literal["none", "read", "write", "external"]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every kind of event may say: who, when, why and where.

    Only `id`, `kind`, `at` and `agent` are required.
    What a producer does not know it leaves out; nothing is ever defaulted.
    """

    id: Annotated[Name, Meta(description="unique name of the event; UUIDv7 recommended")]
    at: Annotated[Time, Meta(description="when it happened (event time)")]
    agent: Annotated[Name, Meta(description="the agent that did it")]
    schema: Annotated[int, Meta(description="wire version; absent means 1", ge=1)] = SCHEMA_VERSION
    recorded_at: Annotated[Time | None, Meta(description="when the producer wrote it down")] = None

    model: Annotated[str | None, Meta(description="model that decided, as served")] = None
    family: Annotated[str | None, Meta(description="family of models it belongs to")] = None
    operator: Annotated[str | None, Meta(description="who runs the agent")] = None
    principal: Annotated[str | None, Meta(description="on whose behalf it acts")] = None
    persona: Annotated[str | None, Meta(description="persona or prompt variant")] = None
    role: Annotated[str | None, Meta(description="the agent's job in the economy")] = None

    run: Annotated[str | None, Meta(description="one execution of one task")] = None
    task: Annotated[str | None, Meta(description="the task being worked on")] = None
    task_type: Annotated[str | None, Meta(description="kind of task, for strata")] = None
    parent: Annotated[str | None, Meta(description="id of the event that caused this one")] = None
    trace: Annotated[str | None, Meta(description="trace id of the producer's tracing")] = None
    context: Annotated[
        str | None,
        Meta(description="key of the situation faced: task template, public facts, options"),
    ] = None
    market: Annotated[str | None, Meta(description="market or auction house")] = None
    environment: Annotated[str | None, Meta(description="shared world acted on")] = None

    extra: Annotated[
        dict[str, Json] | None, Meta(description="keys that are not part of this kind, kept")
    ] = None

    def __post_init__(self) -> None:
        """Hold every time in UTC, so that one instant has one form."""
        for name in ("at", "recorded_at", "valid_from", "valid_until"):
            time = getattr(self, name, None)
            if time is not None and time.tzinfo is not UTC:
                force_setattr(self, name, time.astimezone(UTC))

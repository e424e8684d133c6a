"""The kinds of event: one past-tense fact each, with only the fields it needs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from commonmode.events.model import Event, Json, Name, Outcome, SideEffect, Time

Count = Annotated[int, Meta(ge=1, le=2**63 - 1)]
ContentHash = Annotated[
    str | None, Meta(description="sha256 of the content; survives redaction of the text")
]
Content = Annotated[str | None, Meta(description="the text itself; hostile, may be redacted")]
Resource = Annotated[str | None, Meta(description="what was acted on, as a path or address")]
Price = Annotated[float | None, Meta(description="price, in the market's unit")]
Value = Annotated[float | None, Meta(description="what it is worth to the agent")]
Budget = Annotated[float | None, Meta(description="what the agent may spend")]
Quantity = Annotated[float | None, Meta(description="units")]
Cost = Annotated[float | None, Meta(description="what it cost the agent")]
Payoff = Annotated[float | None, Meta(description="what the agent gained")]
Duration = Annotated[float | None, Meta(description="how long it took, milliseconds")]
Grant = Annotated[str | None, Meta(description="id of the permission grant relied on")]
Provenance = Annotated[
    list[str] | None,
    Meta(description="labels of where the data came from; an empty list: from nowhere suspect"),
]


class AgentRegistered(Event, frozen=True, kw_only=True, tag="agent_registered"):
    """An agent joined the economy."""


class ActionTaken(Event, frozen=True, kw_only=True, tag="action_taken"):
    """An agent did something, or tried to."""

    action: Annotated[str | None, Meta(description="tool or verb")] = None
    resource: Resource = None
    choice: Annotated[str | None, Meta(description="the option chosen, where it was a choice")] = (
        None
    )
    options: Annotated[Count | None, Meta(description="how many options were open")] = None
    correct: Annotated[str | None, Meta(description="the option that was right, if known")] = None
    outcome: Annotated[Outcome | None, Meta(description="how it ended")] = None
    attempted: Annotated[bool | None, Meta(description="true: tried and did not take effect")] = (
        None
    )
    side_effect: Annotated[SideEffect | None, Meta(description="what it did to the world")] = None
    args: Annotated[Json, Meta(description="arguments, as JSON")] = None
    grant: Grant = None
    provenance: Annotated[
        list[str] | None, Meta(description="labels of the data that the action rests on")
    ] = None
    price: Price = None
    cost: Cost = None
    quantity: Quantity = None
    payoff: Payoff = None
    value: Value = None
    budget: Budget = None
    duration_ms: Duration = None


class ContentObserved(Event, frozen=True, kw_only=True, tag="content_observed"):
    """An agent read something: a page, a tool's output, a file."""

    resource: Resource = None
    action: Annotated[str | None, Meta(description="tool that returned the content")] = None
    content: Content = None
    content_hash: ContentHash = None
    outcome: Annotated[Outcome | None, Meta(description="how reading it ended")] = None
    provenance: Provenance = None


class StateChanged(Event, frozen=True, kw_only=True, tag="state_changed"):
    """The shared world changed by an agent's hand."""

    resource: Resource = None
    before: Annotated[Json, Meta(description="state before, as JSON")] = None
    after: Annotated[Json, Meta(description="state after, as JSON")] = None
    price: Price = None
    quantity: Quantity = None


class MessageSent(Event, frozen=True, kw_only=True, tag="message_sent"):
    """An agent wrote directly to another."""

    recipient: Annotated[str | None, Meta(description="the agent written to")] = None
    content: Content = None
    content_hash: ContentHash = None
    provenance: Provenance = None


class PermissionGranted(Event, frozen=True, kw_only=True, tag="permission_granted"):
    """`agent` was given a grant, from `valid_from` (default `at`) until `valid_until`."""

    grant: Annotated[Name, Meta(description="id of the grant")]
    parent_grant: Annotated[
        str | None, Meta(description="grant it was delegated from; only ever narrows it")
    ] = None
    actions: Annotated[
        list[str] | None, Meta(description="actions permitted; absent means every action")
    ] = None
    resources: Annotated[
        list[str] | None, Meta(description="path prefixes permitted; absent means everywhere")
    ] = None
    valid_from: Annotated[Time | None, Meta(description="valid from; absent means `at`")] = None
    valid_until: Annotated[Time | None, Meta(description="valid until, exclusive")] = None
    provenance: Annotated[
        list[str] | None,
        Meta(description="labels that data acted on may have; absent means any data"),
    ] = None
    break_glass: Annotated[
        bool | None, Meta(description="true: an exception for an emergency, to be reviewed")
    ] = None


class PermissionRevoked(Event, frozen=True, kw_only=True, tag="permission_revoked"):
    """A grant, and all delegated from it, ended at `at`."""

    grant: Annotated[Name, Meta(description="id of the grant revoked")]


class TaskDelegated(Event, frozen=True, kw_only=True, tag="task_delegated"):
    """An agent handed (part of) a task to another."""

    delegatee: Annotated[str | None, Meta(description="the agent it was handed to")] = None
    subtask: Annotated[str | None, Meta(description="the task handed over")] = None
    grant: Grant = None
    valid_until: Annotated[Time | None, Meta(description="deadline")] = None
    budget: Budget = None
    args: Annotated[Json, Meta(description="terms of the contract, as JSON")] = None


class TaskEnded(Event, frozen=True, kw_only=True, tag="task_ended"):
    """A task ended."""

    outcome: Annotated[Outcome | None, Meta(description="how it ended")] = None
    payoff: Payoff = None
    cost: Cost = None
    duration_ms: Duration = None


class DecisionReviewed(Event, frozen=True, kw_only=True, tag="decision_reviewed"):
    """An overseer (`agent`) approved or rejected the event `parent`, or the grant `grant`."""

    choice: Annotated[str | None, Meta(description="approve, modify, reject, escalate …")] = None
    correct: Annotated[str | None, Meta(description="the right decision, where it was a probe")] = (
        None
    )
    grant: Annotated[str | None, Meta(description="id of the permission grant reviewed")] = None
    duration_ms: Duration = None


class BidPlaced(Event, frozen=True, kw_only=True, tag="bid_placed"):
    """An agent bid in a market."""

    resource: Resource = None
    price: Price = None
    quantity: Quantity = None
    value: Value = None
    budget: Budget = None
    cost: Cost = None


class AuctionCleared(Event, frozen=True, kw_only=True, tag="auction_cleared"):
    """A market cleared; `agent` is the market maker."""

    resource: Resource = None
    winner: Annotated[str | None, Meta(description="the agent that won")] = None
    price: Price = None
    quantity: Quantity = None


class InterventionApplied(Event, frozen=True, kw_only=True, tag="intervention_applied"):
    """A persona, a defence or a circuit breaker was switched on or off for `agent`."""

    action: Annotated[str | None, Meta(description="name of the intervention")] = None
    choice: Annotated[str | None, Meta(description="on, off, or the arm assigned")] = None


class TruthDeclared(Event, frozen=True, kw_only=True, tag="truth_declared"):
    """A label, planted or from a data set; detectors never read it."""

    phenomenon: Annotated[str | None, Meta(description="what the label is about")] = None
    subject: Annotated[str | None, Meta(description="what it labels: an agent, event, run …")] = (
        None
    )
    label: Annotated[str | None, Meta(description="culprit, innocent, or the data set's word")] = (
        None
    )
    value: Value = None
    args: Annotated[Json, Meta(description="details of the label, as JSON")] = None


class FindingRaised(Event, frozen=True, kw_only=True, tag="finding_raised"):
    """A detector opened a finding; `agent` is who raised it."""

    finding: Annotated[Json, Meta(description="the finding, as JSON")]


class FindingRevised(Event, frozen=True, kw_only=True, tag="finding_revised"):
    """A finding changed: updated, closed or withdrawn, with the reason."""

    finding: Annotated[Json, Meta(description="the finding as it now stands, as JSON")]


KINDS: tuple[type[Event], ...] = (
    AgentRegistered,
    ActionTaken,
    ContentObserved,
    StateChanged,
    MessageSent,
    PermissionGranted,
    PermissionRevoked,
    TaskDelegated,
    TaskEnded,
    DecisionReviewed,
    BidPlaced,
    AuctionCleared,
    InterventionApplied,
    TruthDeclared,
    FindingRaised,
    FindingRevised,
)
"""Every kind, in the order they are documented. A new kind is one class and one line here."""


def kind_of(event: Event | type[Event]) -> str:
    """Return the name of an event's kind.

    Examples
    --------
    >>> kind_of(AgentRegistered)
    'agent_registered'
    """
    return str(event.__struct_config__.tag)


BY_NAME: dict[str, type[Event]] = {kind_of(kind): kind for kind in KINDS}

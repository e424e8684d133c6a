"""Scores of groups who keep coming together and take turns as a whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from commonmode.detectors.base import Window
from commonmode.detectors.collusion.answers import subject
from commonmode.detectors.collusion.auctions import sql
from commonmode.detectors.collusion.auctions.book import Book
from commonmode.detectors.collusion.auctions.groups import Group, Own
from commonmode.detectors.collusion.auctions.tiers import of_bidders
from commonmode.detectors.collusion.auctions.wording import (
    Turns,
    claim,
    clear_claim,
    parts_sentence,
    turns_reasons,
)
from commonmode.detectors.collusion.limits import Limits
from commonmode.detectors.collusion.talk import Talk
from commonmode.detectors.collusion.tiers import Tier
from commonmode.detectors.collusion.wording import tier_measures
from commonmode.detectors.score import Score
from commonmode.statistics.winning_order import WinningOrder

_QUANTILES = 199
_TWO = 2


class Tested(NamedTuple):
    """A group, how it fared, and q over all groups."""

    group: Group
    order: WinningOrder
    q: float


def judged(groups: list[Group], looks: float, seed: int) -> list[Tested]:
    """Return every group with p and q, paid for in so many looks."""
    orders = [group.judged(seed) for group in groups]
    p = np.array([order.p_value for order in orders])
    q = np.minimum(looks * scipy.stats.false_discovery_control(p), 1.0) if len(p) else p
    return [Tested(*one) for one in zip(groups, orders, q.tolist(), strict=True)]


class Together:
    """What is said of groups of bidders.

    Parameters
    ----------
    limits : Limits
        The detector's parameters.
    window : Window
        The window judged.
    book : Book
        All auctions of the window.
    seed : int
        Of every draw.
    """

    def __init__(self, limits: Limits, window: Window, book: Book, seed: int) -> None:
        self.limits, self.window, self.book, self.seed = limits, window, book, seed

    def found(self, one: Tested, talk: Talk) -> Score | None:
        """Return the finding about a group, if two at least take part in its turns."""
        own = one.group.own(self.seed)
        names = tuple(part.agent for part in own if part.named)
        if len(names) < _TWO:
            return None
        tiers = of_bidders(self.book, names, one.group.rng(self.seed))
        return self._score(one, names, talk, tuple(own), tiers=tiers)

    def clear(self, one: Tested, talk: Talk) -> Score:
        """Return the score of a group that did not hold."""
        return self._score(one, one.group.agents, talk, ())

    def _score(
        self,
        one: Tested,
        names: tuple[str, ...],
        talk: Talk,
        own: tuple[Own, ...],
        tiers: tuple[Tier, ...] = (),
    ) -> Score:
        group = Group.of(self.book, tuple(sorted(names)))
        order = one.order if group.agents == one.group.agents else group.judged(self.seed)
        theirs = self.book.among(names, len(names))
        often = theirs.unique("auction")["resource"].drop_nulls().value_counts()
        ring = Turns(
            agents=names,
            carried=parts_sentence(own),
            resources=tuple(often.sort("count", "resource", descending=[True, False])["resource"]),
            auctions=len(group.winners),
            changes=order.turns,
            expected=order.expected,
            shared=talk.of(names),
            tiers=tiers,
            costs=group.costs is not None,
            said=self.book.said,
        )
        where = (self.book, sorted(names), self.window, self.limits.most_agents)
        levels = np.arange(1, _QUANTILES + 1) / (_QUANTILES + 1)
        return Score(
            subject=subject(names),
            verdict="finding" if own else "clear",
            claim=claim(ring) if own else clear_claim(ring),
            statistic=float(ring.changes),
            effect=ring.changes / ring.expected,
            n=ring.auctions,
            null_sample=tuple(np.quantile(order.null, levels).tolist()),
            p_value=one.order.p_value,
            q_value=one.q,
            agents=names,
            resources=ring.resources,
            measures=_measures(ring, one, own) | (tier_measures(tiers) if own else {}),
            reasons=turns_reasons(ring) if own else (),
            evidence=sql.evidence(*where, whole=True),
            recompute=sql.recompute(*where, whole=True),
        )


def _measures(ring: Turns, one: Tested, own: tuple[Own, ...]) -> dict[str, float]:
    parts = {"own_p": max(part.p_value for part in own if part.named)} if own else {}
    return {
        "expected": ring.expected,
        "together": float(len(one.group.agents)),
        **parts,
        **ring.shared.measures(),
    }

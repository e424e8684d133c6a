"""Collusion: agents that act together on shared resources, without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

import polars as pl

from commonmode.detectors.base import Detector, Names, Sitting, Window
from commonmode.detectors.collusion.answers import Markets
from commonmode.detectors.collusion.auctions import BIDS, CLEARED, Auctions, bids, cleared
from commonmode.detectors.collusion.judgement import Judgement
from commonmode.detectors.collusion.limits import Limits
from commonmode.detectors.collusion.presence import MESSAGES, PRESENCE, Coded, messages, presence
from commonmode.detectors.collusion.prices import PRICES, prices
from commonmode.detectors.collusion.sitting import CollusionSitting
from commonmode.detectors.collusion.talk import Talk
from commonmode.detectors.collusion.tiers.screens import LEAST_POSTS
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies, TallyTable


@dataclass(frozen=True, kw_only=True)
class Collusion(Limits, Detector):
    r"""Find agents that act together through shared resources, and say how far that can be proved.

    .. math:: p_{ij} = P(Bin(n_{ij}, μ_{ij}/n_{ij}) ≥ o_{ij}),\quad
        μ_{ij} = h_{ij} Σ_r k_{ir} k_{jr} τ_r,\quad n_{ij} = Σ_r \min(k_{ir}, k_{jr})

    with :math:`o_{ij}` the bins of time in which agents i and j both began a visit to one
    resource that no more than `most_agents` visited then, :math:`k_{ir}` the visits of i to
    resource r, :math:`τ_r` the chance that two visits to r coincide, and :math:`h_{ij}` how far
    the two keep the same hours. Pairs whose excess holds at `rate` over *all* pairs of agents,
    and at no more than `turns` of the turns of one's timeline, are linked, and agents among
    whom links are dense form a ring. Beside rings, every market of two or more regular sellers is
    tested for

    .. math:: S = \overline{r_{1,2}} - \overline{r_{7,8}}

    with :math:`r_h` how much lower others price h rounds after a seller's cut, against rounds as
    quiet before it; and every two bidders who each won often enough in sealed-bid auctions that
    both bid in, for

    .. math:: p_{ij} = P(R ≥ r_{ij})

    with :math:`r_{ij}` how often the winner changed between the two, and R the same of all orders
    of winners that leave each as many wins where it was the cheaper one, and where it was not.
    Three bidders or more who keep coming together are tested as one group, for all changes between
    two of them, :math:`Σ_{i<j} r_{ij}`, against winners dealt anew among auctions in which the same
    one was cheapest, and against winners' places in the order of costs dealt anew.

    It fires when agents come to the same places at the same times, again and again, while others
    who frequent those places do not; when sellers answer each other's price cuts at once and
    forgive them later; or when bidders take turns at winning. It cannot fire on
    popular resources, on specialists of the same resources, on crowds that follow a resource's
    news or opening hours, on agents of the same working hours, on timetables and sessions, on
    costs that are passed on, on a price floor, on sellers who are dear without answering anyone,
    on bidders who come to the same auctions and compete, on costs that all bidders share, or on
    winners who are busy and dear after a win, where costs are logged.

    What fires is called "co-ordination, unexplained" unless three of four tiers hold, C among
    them, or D where C cannot be tested: A, outcome screens; B, dependence given shocks; C,
    footprint response; D, not a best reply. Each finding shows all four: held, not held, or not
    testable on this log, and why.

    Parameters
    ----------
    window : timedelta
        Length of a window; rings need a day to meet often enough.
    seed : int
        Of the shuffles that tiers are compared with.
    bin : timedelta
        The shortest span that counts as the same time.
    widths : tuple of int
        Spans looked at, in bins; each look, and that at the markets, is paid for in q.
    pause : timedelta
        Acts of an agent on a resource that are no further apart are one visit.
    part_of_day : timedelta
        Resolution of working hours.
    most_agents : int
        A resource visited by more agents in a bin is popular then, and says nothing; one with
        more regular sellers is no market to judge.
    rate : float
        False discovery rate over all pairs of agents, and over all markets (Benjamini-Hochberg).
    least_met, least_ratio : int, float
        Fewest meetings of a linked pair, and how many times what chance expects.
    turns : float
        Largest share of turns of one agent's timeline that may bring a linked pair together as
        often as they met.
    markets_share : float
        Share of `rate` that is spent on markets; there are few of them, and very many pairs.
    auctions_share : float
        Share of `rate` that is spent on bidders in auctions, where any can be tested.
    least_posts : int
        Prices that a regular seller of a resource leaves in a window.

    Notes
    -----
    H0 of meetings: given where an agent goes, how often, and in which part of the day, when it
    comes says nothing about when another comes. H0 of answers: a seller's cut, made while all
    rest, says nothing about what others do next. H0 of turns: given who of two bidders was
    cheaper each time, who won one auction says nothing about who wins the next.
    Auctions are told apart by the context of bids; a bid without one is a visit like others.
    Assumes that clocks agree to within a bin. Blind to rings that share out lots or buyers instead
    of turns, to two bidders with fewer than four wins each and groups with fewer than three, to
    rings that visit in turns, to rings that meet by the clock or on popular resources, to meetings
    that straddle bins, and to sellers whose prices never rest or never dip. A shock that is not in
    the log, reaches sellers one after the other and passes within eight rounds looks like an
    answer; one that stays does not.
    Tiers A and D fit logit demand, and need price, cost and quantity of every seller in the same
    rounds; A falls back on how little prices vary beside other markets.

    References
    ----------
    Tumminello et al. (2011), Statistically validated networks in bipartite complex systems.
    Saracco et al. (2017), Inferring monopartite projections of bipartite networks.
    Porter and Zona (1993), Detection of Bid Rigging in Procurement Auctions.
    Chassang et al. (2022), Robust Screens for Noncompetitive Bidding in Procurement Auctions.
    Besag and Clifford (1991), Sequential Monte Carlo p-values.
    Bajari and Ye (2003), Deciding Between Competition and Collusion.
    Calvano et al. (2020), Artificial Intelligence, Algorithmic Pricing, and Collusion.
    Calvano et al. (2023), Algorithmic collusion: Genuine or spurious?

    Examples
    --------
    Forty agents roam sixty resources; three of them come together eight times.

    >>> import numpy as np
    >>> from datetime import UTC, datetime
    >>> rng, day = np.random.default_rng(1), datetime(2026, 1, 1, tzinfo=UTC)
    >>> acts = [(f"a{i % 40}", rng.integers(60), rng.integers(96)) for i in range(1200)]
    >>> acts += [(f"a{i}", 7 * k, 11 * k) for k in range(8) for i in (1, 2, 3)]
    >>> rows = [
    ...     {"id": str(n), "kind": "action_taken", "agent": agent, "resource": f"r{place}",
    ...      "at": day + int(quarter) * timedelta(minutes=15)}
    ...     for n, (agent, place, quarter) in enumerate(acts)
    ... ]
    >>> schema = {name: pl.String for name in Collusion.columns()}
    >>> schema |= {"at": pl.Datetime("us", "UTC"), "price": pl.Float64}
    >>> window = Window(day, day + timedelta(days=1))
    >>> for score in Collusion().detect(pl.LazyFrame(rows, schema=schema), window):
    ...     print(score.verdict, score.agents, score.statistic)
    finding ('a3', 'a1', 'a2') 24.0
    """

    name: ClassVar[str] = "collusion"
    version: ClassVar[int] = 5
    reads_ids: ClassVar[bool] = False
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("resource", "operator", "task", "cost", "quantity", "payoff"),
        "bid_placed": (
            "resource",
            "operator",
            "task",
            "price",
            "cost",
            "quantity",
            "context",
            "value",
        ),
        "auction_cleared": ("context", "winner"),
        "state_changed": ("resource", "operator", "task", "price", "quantity"),
        "message_sent": ("recipient",),
    }
    needs: ClassVar[Mapping[str, str]] = {
        "action_taken": "resource",
        "auction_cleared": "context",
        "state_changed": "resource",
        "message_sent": "recipient",
    }
    tables: ClassVar[Mapping[str, TallyTable]] = {
        "presence": PRESENCE,
        "prices": PRICES,
        "messages": MESSAGES,
        "bids": BIDS,
        "cleared": CLEARED,
    }

    window: timedelta = timedelta(days=1)

    def tally(self, events: pl.LazyFrame) -> Tallies:
        """Count presence on resources and messages between agents."""
        return {
            "presence": presence(events, self.bin),
            "prices": prices(events, self.bin),
            "messages": messages(events),
            "bids": bids(events),
            "cleared": cleared(events),
        }

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        """Score every ring, or the pair that came nearest where none holds."""
        return self._scores(Coded.of([tallies["presence"]]), tallies, window)

    def sitting(self, names: Names | None = None) -> Sitting:
        """Code presence from the parts of a window, without merging them before."""
        fewest = min(self.least_posts, LEAST_POSTS)
        return CollusionSitting(self, fewest, self._scores, names)

    def _scores(self, coded: Coded, tallies: Tallies, window: Window) -> Sequence[Score]:
        made = tallies["bids"]
        if not len(coded.acts) and made.is_empty():
            return ()
        markets = Markets(self, window, tallies["prices"], self.seed)
        auctions = Auctions(self, window, made, tallies["cleared"], self.seed)
        looks = () if not len(coded.acts) else self.widths
        operators = pl.concat([coded.operators, made.select("agent", "operator")])
        talk = Talk(tallies["messages"], operators)
        # Who won how often decides what is tested, and knows nothing of the order of winners.
        limits = self if auctions.testable else replace(self, auctions_share=0.0)
        # One width at a time: what each lays out is as large as the window.
        met = [
            score
            for wider in looks
            for score in Judgement(limits, window, coded, wider, self.seed).scores(talk, markets)
        ]
        scores = [*markets.found(talk), *auctions.found(talk), *met]
        found = distinct([score for score in scores if score.verdict == "finding"])
        return found or distinct([*met, *auctions.nearest(talk)])[:1]


def distinct(scores: Sequence[Score]) -> list[Score]:
    """Return the scores of largest rings first, leaving out rings that share an agent with one.

    The same ring seen at two widths is one ring.
    """
    kept: list[Score] = []
    for score in sorted(scores, key=lambda s: (-len(s.agents), s.p_value or 0.0, s.subject)):
        if all(set(score.agents).isdisjoint(other.agents) for other in kept):
            kept.append(score)
    return kept

"""Situations that several agents face at once, and what each decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.clock import MINUTE, Span
from commonmode.economy.rows import Flags, Floats, Ints, gather, join, rows
from commonmode.economy.world import World

VOTERS = 14
"""Agents that face one situation, on average, where there are enough."""

_FEWEST, _WIDEST = 6, 6
_KNOWN, _BY_TASTE = 0.6, 0.12
_DELIBERATION = 10 * MINUTE


@dataclass
class Contexts:
    """Situations, one per entry; plants may change `popularity` before anyone decides.

    Attributes
    ----------
    role, task, resource, at : array of int
        Whose job it is, which of its task types, about what, from when.
    options : array of int
        How many options are open, 3 to 6.
    popularity : array of float, (contexts, 6)
        How likely each option is chosen by an agent on its own; 0 past `options`.
    correct : array of int
        The right option.
    known : array of bool
        Whether the log says which one that is.
    advice : array of int
        The option that a cached tool answer names; -1 where none is served.
    """

    role: Ints
    task: Ints
    resource: Ints
    at: Ints
    options: Ints
    popularity: Floats
    correct: Ints
    known: Flags
    advice: Ints

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.role)

    def choose(self, context: Ints, rng: np.random.Generator) -> Ints:
        """Return one option for each context asked for, by its popularity."""
        reach = np.cumsum(self.popularity, axis=1)
        reach /= reach[:, -1:]
        chosen = (rng.random(len(context))[:, None] >= reach[context]).sum(axis=1)
        return np.asarray(np.minimum(chosen, self.options[context] - 1))

    def decide(self, context: Ints, taste: Ints, rng: np.random.Generator) -> Ints:
        """Return what deciders of these tastes decide on their own.

        They follow their own taste in 12 % of the cases and the popularity otherwise.
        """
        by_taste = rng.random(len(context)) < _BY_TASTE
        return np.where(by_taste, taste % self.options[context], self.choose(context, rng))

    def dictate(self, sources: int, rng: np.random.Generator) -> Ints:
        """Return one decision per context and source, distributed as those of agents are."""
        each = np.repeat(np.arange(len(self)), sources)
        return self.decide(each, rng.integers(0, 2**15, len(each)), rng).reshape(-1, sources)

    def wrong_mode(self) -> Ints:
        """Return the most popular wrong option of each."""
        wrong = self.popularity.copy()
        wrong[np.arange(len(self)), self.correct] = -1
        return np.asarray(wrong.argmax(axis=1))

    def concentrate(self, which: Flags, mode: Ints, mass: float) -> None:
        """Give the option `mode` of the contexts `which` the share `mass` of all choices."""
        places = np.flatnonzero(which)
        self.popularity[places] *= 1 - mass
        self.popularity[places, mode[places]] += mass

    def keys(self, world: World, shard: int) -> pl.Series:
        """Return the context keys: task type, resource, minute, number."""
        minute = pl.from_epoch(pl.Series(self.at), "us").dt.strftime("%m-%dT%H:%M")
        number = join(f"{shard}-", pl.Series(np.arange(len(self))))
        about = world.markets.paths(self.role, self.resource)
        return join(self.task_types(world), "/", about, "@", minute, "#", number)

    def _task_number(self, world: World) -> Ints:
        per_role = np.array([len(role.tasks) for role in world.population.roles])
        return np.asarray((np.cumsum(per_role) - per_role)[self.role] + self.task)

    def task_types(self, world: World) -> pl.Series:
        """Return the task type of each."""
        words = [name for role in world.population.roles for name, _ in role.tasks]
        return gather(words, self._task_number(world))

    def option_names(self, world: World, context: Ints, option: Ints) -> pl.Series:
        """Return the words of chosen options."""
        words = [w for role in world.population.roles for _, options in role.tasks for w in options]
        return gather(words, self._task_number(world)[context] * _WIDEST + option)


@dataclass
class Votes:
    """Who decided what; plants may change `choice`."""

    context: Ints
    who: Ints
    at: Ints
    choice: Ints


def situate(world: World, count: int, span: Span, rng: np.random.Generator) -> Contexts:
    """Draw situations of a stretch of time.

    The options' popularity is a random softmax, so that some situations are easy and some open.
    """
    role = world.population.draw_roles(count, rng)
    options = rng.integers(3, _WIDEST + 1, count)
    score = rng.normal(0, rng.uniform(0.3, 1.5, count)[:, None], (count, _WIDEST))
    popularity = np.exp(score) * (np.arange(_WIDEST) < options[:, None])
    popularity /= popularity.sum(axis=1, keepdims=True)
    at = span.draw(count, rng)
    contexts = Contexts(
        role=role,
        task=rng.integers(0, 2, count),
        resource=world.markets.draw(role, rng),
        at=at,
        options=options,
        popularity=popularity,
        correct=np.zeros(count, np.int64),
        known=rng.random(count) < _KNOWN,
        advice=np.full(count, -1),
    )
    contexts.correct = contexts.choose(np.arange(count), rng)
    return contexts


def decide(world: World, contexts: Contexts, rng: np.random.Generator) -> Votes:
    """Let agents of the right role decide, each once per situation.

    Its taste lasts, and is dealt independently of family and operator.
    """
    voters = _FEWEST + rng.poisson(VOTERS - _FEWEST, len(contexts))
    context = np.repeat(np.arange(len(contexts)), voters)
    who = world.population.draw(contexts.role[context], rng)
    _, first = np.unique(context * world.population.size + who, return_index=True)
    context, who = context[first], who[first]
    choice = contexts.decide(context, world.population.taste[who].astype(np.int64), rng)
    at = contexts.at[context] + rng.integers(0, _DELIBERATION, len(who))
    return Votes(context, who, at, choice)


def record(
    world: World, contexts: Contexts, votes: Votes, shard: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Write decisions down as events.

    A decision has a context and a market and no resource: it is a vote, not an act on a thing.
    """
    role = contexts.role[votes.context]
    every = np.arange(len(contexts))
    at_hand = pl.Series(votes.context)
    right = contexts.option_names(world, every, contexts.correct)
    right = right.zip_with(pl.Series(contexts.known), pl.Series([None], dtype=pl.String))
    task_type = contexts.task_types(world).gather(at_hand)
    key = contexts.keys(world, shard).gather(at_hand)
    return rows(
        "action_taken",
        votes.who,
        votes.at,
        rng,
        action="decide",
        market=world.markets.plot_paths(role, world.markets.plot(contexts.resource[votes.context])),
        context=key,
        task_type=task_type,
        task=join(task_type, "/", pl.Series(votes.who), "-", key.str.split("#").list.last()),
        choice=contexts.option_names(world, votes.context, votes.choice),
        options=contexts.options[votes.context],
        correct=right.gather(at_hand),
        outcome="ok",
        side_effect="none",
        grant=world.population.mandates(votes.who),
    )

"""A run's surprise as plain SQL, given the names of the runs it is compared with."""

from __future__ import annotations

from commonmode.detectors.base import Window
from commonmode.detectors.query import Parameter, Query

_STRANGE = r"""WITH
act AS (  -- what actions of the run and its references were aimed at
  SELECT id, run, action, side_effect, "at",
    coalesce(attempted, false) OR coalesce(outcome IN ('denied', 'error'), false) AS attempt,
    rtrim(regexp_replace(regexp_replace(lower(trim(unnest(string_split(resource, ', ')), ' ')),
      '^https?://', ''), '^www\.', ''), '/') AS target
  FROM events
  WHERE kind = 'action_taken' AND "at" >= $since AND "at" < $until
    AND task IS NOT NULL AND (run = $run OR list_contains($references, run))
),
text AS (  -- what they were told and what they read
  SELECT run, "at", kind = 'task_delegated' AS told,
    lower(CASE kind WHEN 'task_delegated' THEN CAST(args AS VARCHAR) ELSE content END) AS text
  FROM events
  WHERE kind IN ('task_delegated', 'content_observed') AND "at" >= $since AND "at" < $until
    AND task IS NOT NULL AND (run = $run OR list_contains($references, run))
),
habit AS (  -- in how many references an action was aimed at a target
  SELECT action, target, count(DISTINCT run) AS times FROM act
  WHERE run <> $run AND target <> '' GROUP BY action, target
),
mass AS (  -- Good-Turing: the chance of a target not seen yet
  SELECT (count(*) FILTER (times = 1) + 0.5) / (coalesce(sum(times), 0) + 1) AS unseen FROM habit
),
strange AS (  -- read of in this run only, and then acted upon
  SELECT * FROM act a
  WHERE run = $run AND target <> '' AND NOT attempt
  AND len($references) > 0  -- alone, nothing is strange
  AND NOT (coalesce(side_effect = 'read', false)
    AND NOT regexp_matches(target, '^[^ @]+\.[^ @]+$'))
  AND NOT EXISTS (FROM habit h
    WHERE h.target = a.target AND h.action IS NOT DISTINCT FROM a.action)
  AND NOT EXISTS (FROM text t WHERE (t.told OR t.run <> $run) AND contains(t.text, a.target))
  AND EXISTS (FROM text t WHERE NOT t.told AND t.run = $run AND t."at" < a."at"
    AND contains(t.text, a.target))
)
"""

_EVIDENCE = """SELECT * FROM events WHERE id IN (SELECT id FROM strange) ORDER BY "at", id"""
_RECOMPUTE = """SELECT CASE WHEN EXISTS (FROM strange) THEN -log2(unseen) ELSE 0 END FROM mass"""


def evidence(run: str, references: list[str], window: Window) -> Query:
    """Select the out-of-habit actions of a run."""
    return Query(_STRANGE + _EVIDENCE, _parameters(run, references, window))


def recompute(run: str, references: list[str], window: Window) -> Query:
    """Compute the surprise of a run, in bits."""
    return Query(_STRANGE + _RECOMPUTE, _parameters(run, references, window))


def _parameters(run: str, references: list[str], window: Window) -> dict[str, Parameter]:
    return {"run": run, "references": references, "since": window.start, "until": window.end}

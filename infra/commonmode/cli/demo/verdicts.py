"""What the demo's detectors said, beside what was planted and what only looks like it."""

from __future__ import annotations

import polars as pl

from commonmode.store import Reader

_FOUND = """
    SELECT finding_id, detector, status, subject, claim, effect, q_value, evidence_total
    FROM findings
    WHERE status IN ('opened', 'updated') AND NOT provisional
    ORDER BY detector, effect DESC
"""

_LOOKALIKES = """
    WITH label AS (
        SELECT phenomenon, label, subject, args->>'plant' AS lookalike,
            coalesce(CAST(args->'agents' AS VARCHAR[]), []) AS agents
        FROM truth
    ), culprits AS (
        SELECT phenomenon, flatten(list(agents)) AS guilty
        FROM label WHERE label = 'culprit' GROUP BY phenomenon
    ), lookalike AS (
        SELECT * REPLACE (
            list_filter(agents, lambda one: NOT list_contains(coalesce(guilty, []), one)) AS agents)
        FROM label AS l LEFT JOIN culprits USING (phenomenon)
        WHERE label = 'innocent' AND NOT EXISTS (
            FROM label AS c
            WHERE c.label = 'culprit' AND c.phenomenon = l.phenomenon AND c.subject = l.subject)
    ), open AS (
        FROM findings WHERE status IN ('opened', 'updated') AND NOT provisional
    )
    SELECT l.phenomenon AS detector, l.lookalike, count(DISTINCT l.subject) AS planted,
        count(DISTINCT l.subject) FILTER (EXISTS (
            FROM open AS f WHERE f.detector = l.phenomenon AND (f.subject = l.subject
                OR len(l.agents) > 1
                AND 2 * len(list_intersect(f.agents, l.agents)) > len(f.agents)))) AS flagged
    FROM lookalike AS l
    GROUP BY ALL
    ORDER BY ALL
"""


def found(reader: Reader) -> pl.DataFrame:
    """Return the findings that stand, the largest effect of each detector first."""
    return reader.query(_FOUND)


def lookalikes(reader: Reader) -> pl.DataFrame:
    """Return each kind of innocent lookalike: how many are planted, how many were flagged.

    One is flagged when a finding names it, or when most of a finding's agents are of its group.
    Who is innocent of one thing and planted as a culprit of the same does not count, alone or in
    a group.
    """
    return reader.query(_LOOKALIKES)

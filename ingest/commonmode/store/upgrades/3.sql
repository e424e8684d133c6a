-- Data has labels of where it came from, a grant may limit them or be an exception, and a review may
-- be of a grant.
ALTER TABLE events ADD COLUMN provenance VARCHAR[];
ALTER TABLE events ADD COLUMN break_glass BOOLEAN;
COMMENT ON COLUMN events.provenance IS 'labels of where the data came from; an empty list: from nowhere suspect';
COMMENT ON COLUMN events.break_glass IS 'true: an exception for an emergency, to be reviewed';

CREATE OR REPLACE VIEW action_taken AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, action, resource,
    choice, options, correct, outcome, attempted, side_effect, args, grant, provenance, price,
    cost, quantity, payoff, value, budget, duration_ms, extra, topic, partition, "offset", seq,
    ingested_at
FROM events WHERE kind = 'action_taken';
COMMENT ON VIEW action_taken IS 'An agent did something, or tried to.';

CREATE OR REPLACE VIEW content_observed AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, resource, action,
    content, content_hash, outcome, provenance, extra, topic, partition, "offset", seq,
    ingested_at
FROM events WHERE kind = 'content_observed';
COMMENT ON VIEW content_observed IS 'An agent read something: a page, a tool''s output, a file.';

CREATE OR REPLACE VIEW message_sent AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, recipient, content,
    content_hash, provenance, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'message_sent';
COMMENT ON VIEW message_sent IS 'An agent wrote directly to another.';

CREATE OR REPLACE VIEW permission_granted AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, grant, parent_grant,
    actions, resources, valid_from, valid_until, provenance, break_glass, extra, topic,
    partition, "offset", seq, ingested_at
FROM events WHERE kind = 'permission_granted';
COMMENT ON VIEW permission_granted IS 'agent was given a grant, from valid_from (default at) until valid_until.';

CREATE OR REPLACE VIEW decision_reviewed AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, choice, correct,
    grant, duration_ms, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'decision_reviewed';
COMMENT ON VIEW decision_reviewed IS 'An overseer (agent) approved or rejected the event parent, or the grant grant.';

-- Counted from the notes that redaction leaves on what it changed, so that replay counts the same.
CREATE VIEW redactions AS
WITH noted AS (
    SELECT topic, kind, extra -> '$.redacted' AS note,
        unnest(list_filter(json_keys(extra -> '$.redacted'),
            lambda name: regexp_full_match(name, '[a-z_]{1,40}'))) AS field
    FROM events WHERE json_type(extra, '$.redacted') = 'OBJECT'
), counted AS (
    SELECT topic, kind, field, note -> field AS counts,
        unnest(list_filter(json_keys(note -> field),
            lambda name: regexp_full_match(name, '[a-z0-9-]{1,40}'))) AS rule
    FROM noted WHERE json_type(note -> field) = 'OBJECT'
)
SELECT topic, kind, field, rule, count(*) AS records,
    CAST(coalesce(sum(TRY_CAST(counts ->> rule AS BIGINT)), 0) AS BIGINT) AS parts
FROM counted GROUP BY topic, kind, field, rule
UNION ALL
SELECT topic, NULL, 'payload', 'content', count(*), count(*) FROM rejected
WHERE payload[1:21] = '{"redacted":{"bytes":'::BLOB GROUP BY topic;
COMMENT ON VIEW redactions IS 'What was taken out before storing: how many parts of how many records, by field and rule.';
COMMENT ON COLUMN redactions.topic IS 'topic of the log, or the file; NULL where it was not said';
COMMENT ON COLUMN redactions.kind IS 'kind of the events; NULL for rejected records';
COMMENT ON COLUMN redactions.field IS 'the field it stood in; payload for a rejected record';
COMMENT ON COLUMN redactions.rule IS 'what it was, or content where every text goes';
COMMENT ON COLUMN redactions.records IS 'records in which something was taken out';
COMMENT ON COLUMN redactions.parts IS 'how many parts of them';

-- Not of the log: what the owner itself saw.
CREATE TABLE queries (
    "at"         TIMESTAMPTZ NOT NULL,
    name         VARCHAR NOT NULL,
    sql          VARCHAR NOT NULL,
    ended        VARCHAR NOT NULL,
    rows         BIGINT NOT NULL,
    milliseconds DOUBLE NOT NULL,
    reason       VARCHAR
);
COMMENT ON TABLE queries IS 'Who asked what from elsewhere, the newest 100,000; only read where the store is.';
COMMENT ON COLUMN queries."at" IS 'when it was asked';
COMMENT ON COLUMN queries.name IS 'whose token was shown';
COMMENT ON COLUMN queries.sql IS 'the statement, at most 10,000 characters of it; tokens are left out';
COMMENT ON COLUMN queries.ended IS 'answered, failed, or left: the caller took no more of it';
COMMENT ON COLUMN queries.rows IS 'how many rows were sent';
COMMENT ON COLUMN queries.milliseconds IS 'from the question to the last row, or to the end';
COMMENT ON COLUMN queries.reason IS 'why it failed; NULL where it did not';

-- What chance would do shows only beside the windows in which nothing was found.
CREATE TABLE judgements (
    detector        VARCHAR NOT NULL,
    version         BIGINT NOT NULL,
    parameters_hash VARCHAR NOT NULL,
    window_start    TIMESTAMPTZ NOT NULL,
    window_end      TIMESTAMPTZ NOT NULL,
    subject         VARCHAR NOT NULL,
    verdict         VARCHAR NOT NULL,
    statistic       DOUBLE NOT NULL,
    p_value         DOUBLE NOT NULL,
    q_value         DOUBLE,
    n               BIGINT NOT NULL
);
COMMENT ON TABLE judgements IS 'What was said of every subject that its detector names before it looks, window by window, found or not.';
COMMENT ON COLUMN judgements.detector IS 'the detector that judged';
COMMENT ON COLUMN judgements.version IS 'version of the detector';
COMMENT ON COLUMN judgements.parameters_hash IS 'hash of its parameters';
COMMENT ON COLUMN judgements.window_start IS 'start of the window of event time, inclusive';
COMMENT ON COLUMN judgements.window_end IS 'end of the window of event time, exclusive';
COMMENT ON COLUMN judgements.subject IS 'what was scored: a family, a ring, an agent';
COMMENT ON COLUMN judgements.verdict IS 'finding or clear';
COMMENT ON COLUMN judgements.statistic IS 'the test statistic';
COMMENT ON COLUMN judgements.p_value IS 'chance of the statistic under the null';
COMMENT ON COLUMN judgements.q_value IS 'p after correction for every subject of the window';
COMMENT ON COLUMN judgements.n IS 'how many units the statistic rests on';

-- Vovk and Wang's calibrator, the mean of κp^(κ-1) over κ; given the windows before, each e has
-- a mean of at most 1 where nothing is the matter, so the product is a bettor's wealth.
CREATE VIEW evidence_over_time AS
WITH bets AS (
    SELECT *, CASE WHEN p_value >= 1 THEN 0.5
        ELSE (1 - p_value + p_value * ln(p_value)) / (p_value * ln(p_value) ^ 2) END AS e_value
    FROM (SELECT * REPLACE (greatest(p_value, 1e-9) AS p_value) FROM judgements)
), tested AS (
    SELECT detector, version, parameters_hash, count(DISTINCT subject) AS subjects
    FROM judgements GROUP BY ALL
), gambled AS (
    SELECT *, exp(least(sum(ln(e_value)) OVER so_far, 700)) AS wealth FROM bets
    WINDOW so_far AS (
        PARTITION BY detector, version, parameters_hash, subject ORDER BY window_start
    )
)
SELECT detector, version, parameters_hash, subject, window_start, window_end, verdict, statistic,
    p_value, e_value, wealth, subjects, max(wealth) OVER so_far >= subjects / 0.05 AS sustained
FROM gambled JOIN tested USING (detector, version, parameters_hash)
WINDOW so_far AS (
    PARTITION BY detector, version, parameters_hash, subject ORDER BY window_start
);
COMMENT ON VIEW evidence_over_time IS 'What all windows so far say together of a subject, however often one looks.';
COMMENT ON COLUMN evidence_over_time.detector IS 'the detector that judged';
COMMENT ON COLUMN evidence_over_time.version IS 'version of the detector';
COMMENT ON COLUMN evidence_over_time.parameters_hash IS 'hash of its parameters';
COMMENT ON COLUMN evidence_over_time.subject IS 'what was scored: a family, a ring, an agent';
COMMENT ON COLUMN evidence_over_time.window_start IS 'start of the window of event time, inclusive';
COMMENT ON COLUMN evidence_over_time.window_end IS 'end of the window of event time, exclusive';
COMMENT ON COLUMN evidence_over_time.verdict IS 'finding or clear, by this window alone';
COMMENT ON COLUMN evidence_over_time.statistic IS 'the test statistic in this window';
COMMENT ON COLUMN evidence_over_time.p_value IS 'chance of it under the null, in this window';
COMMENT ON COLUMN evidence_over_time.e_value IS 'what a stake of 1 on this window became';
COMMENT ON COLUMN evidence_over_time.wealth IS 'the product of all e-values so far; chance alone ever reaches x in 1 of x subjects';
COMMENT ON COLUMN evidence_over_time.subjects IS 'how many subjects the detector has ever judged';
COMMENT ON COLUMN evidence_over_time.sustained IS 'whether wealth has reached 20 × subjects: one false subject in 20 such stores';

COMMENT ON TABLE tallies IS 'What a window hands on to others, as a detector counted it; other counts are made when they are needed.';

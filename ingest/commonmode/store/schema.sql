-- The store: a projection of the log into tables that one SELECT can answer from.
-- Everything but the last four tables can be rebuilt from the log by `commonmode replay`.

CREATE TABLE store_version (
    version    INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON TABLE store_version IS 'The version of this schema; an older commonmode refuses a newer store.';
INSERT INTO store_version (version) VALUES (5);

-- The log of facts: one wide row fits every kind,
-- because DuckDB keeps columns of NULLs for almost nothing.
CREATE TABLE events (
    id           VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL,
    "at"         TIMESTAMPTZ NOT NULL,
    agent        VARCHAR NOT NULL,
    schema       BIGINT,
    recorded_at  TIMESTAMPTZ,
    model        VARCHAR,
    family       VARCHAR,
    operator     VARCHAR,
    principal    VARCHAR,
    persona      VARCHAR,
    role         VARCHAR,
    run          VARCHAR,
    task         VARCHAR,
    task_type    VARCHAR,
    parent       VARCHAR,
    trace        VARCHAR,
    context      VARCHAR,
    market       VARCHAR,
    environment  VARCHAR,
    action       VARCHAR,
    resource     VARCHAR,
    choice       VARCHAR,
    options      BIGINT,
    correct      VARCHAR,
    outcome      VARCHAR,
    attempted    BOOLEAN,
    side_effect  VARCHAR,
    args         JSON,
    grant        VARCHAR,
    provenance   VARCHAR[],
    price        DOUBLE,
    cost         DOUBLE,
    quantity     DOUBLE,
    payoff       DOUBLE,
    value        DOUBLE,
    budget       DOUBLE,
    duration_ms  DOUBLE,
    content      VARCHAR,
    content_hash VARCHAR,
    before       JSON,
    after        JSON,
    recipient    VARCHAR,
    parent_grant VARCHAR,
    actions      VARCHAR[],
    resources    VARCHAR[],
    valid_from   TIMESTAMPTZ,
    valid_until  TIMESTAMPTZ,
    break_glass  BOOLEAN,
    delegatee    VARCHAR,
    subtask      VARCHAR,
    winner       VARCHAR,
    phenomenon   VARCHAR,
    subject      VARCHAR,
    label        VARCHAR,
    finding      JSON,
    extra        JSON,
    topic        VARCHAR,
    partition    INTEGER,
    "offset"     BIGINT,
    seq          BIGINT NOT NULL,
    ingested_at  TIMESTAMPTZ NOT NULL,
    agent_digest    UBIGINT,
    context_digest  UBIGINT,
    resource_digest UBIGINT,
    grant_digest    UBIGINT
);
COMMENT ON TABLE events IS 'Every event, one row each, in the order stored; a column that a kind does not have is NULL.';
COMMENT ON COLUMN events.id IS 'unique name of the event; UUIDv7 recommended';
COMMENT ON COLUMN events.kind IS 'what happened, in the past tense: the name of its view';
COMMENT ON COLUMN events."at" IS 'when it happened (event time)';
COMMENT ON COLUMN events.agent IS 'the agent that did it';
COMMENT ON COLUMN events.schema IS 'wire version; absent means 1';
COMMENT ON COLUMN events.recorded_at IS 'when the producer wrote it down';
COMMENT ON COLUMN events.model IS 'model that decided, as served';
COMMENT ON COLUMN events.family IS 'family of models it belongs to';
COMMENT ON COLUMN events.operator IS 'who runs the agent';
COMMENT ON COLUMN events.principal IS 'on whose behalf it acts';
COMMENT ON COLUMN events.persona IS 'persona or prompt variant';
COMMENT ON COLUMN events.role IS 'the agent''s job in the economy';
COMMENT ON COLUMN events.run IS 'one execution of one task';
COMMENT ON COLUMN events.task IS 'the task being worked on';
COMMENT ON COLUMN events.task_type IS 'kind of task, for strata';
COMMENT ON COLUMN events.parent IS 'id of the event that caused this one';
COMMENT ON COLUMN events.trace IS 'trace id of the producer''s tracing';
COMMENT ON COLUMN events.context IS 'key of the situation faced: task template, public facts, options';
COMMENT ON COLUMN events.market IS 'market or auction house';
COMMENT ON COLUMN events.environment IS 'shared world acted on';
COMMENT ON COLUMN events.action IS 'tool or verb';
COMMENT ON COLUMN events.resource IS 'what was acted on, as a path or address';
COMMENT ON COLUMN events.choice IS 'the option chosen, where it was a choice';
COMMENT ON COLUMN events.options IS 'how many options were open';
COMMENT ON COLUMN events.correct IS 'the option that was right, if known';
COMMENT ON COLUMN events.outcome IS 'how it ended';
COMMENT ON COLUMN events.attempted IS 'true: tried and did not take effect';
COMMENT ON COLUMN events.side_effect IS 'what it did to the world';
COMMENT ON COLUMN events.args IS 'arguments, as JSON';
COMMENT ON COLUMN events.grant IS 'id of the permission grant relied on';
COMMENT ON COLUMN events.provenance IS 'labels of where the data came from; an empty list: from nowhere suspect';
COMMENT ON COLUMN events.price IS 'price, in the market''s unit';
COMMENT ON COLUMN events.cost IS 'what it cost the agent';
COMMENT ON COLUMN events.quantity IS 'units';
COMMENT ON COLUMN events.payoff IS 'what the agent gained';
COMMENT ON COLUMN events.value IS 'what it is worth to the agent';
COMMENT ON COLUMN events.budget IS 'what the agent may spend';
COMMENT ON COLUMN events.duration_ms IS 'how long it took, milliseconds';
COMMENT ON COLUMN events.content IS 'the text itself; hostile, may be redacted';
COMMENT ON COLUMN events.content_hash IS 'sha256 of the content; survives redaction of the text';
COMMENT ON COLUMN events.before IS 'state before, as JSON';
COMMENT ON COLUMN events.after IS 'state after, as JSON';
COMMENT ON COLUMN events.recipient IS 'the agent written to';
COMMENT ON COLUMN events.parent_grant IS 'grant it was delegated from; only ever narrows it';
COMMENT ON COLUMN events.actions IS 'actions permitted; absent means every action';
COMMENT ON COLUMN events.resources IS 'path prefixes permitted; absent means everywhere';
COMMENT ON COLUMN events.valid_from IS 'valid from; absent means `at`';
COMMENT ON COLUMN events.valid_until IS 'valid until, exclusive';
COMMENT ON COLUMN events.break_glass IS 'true: an exception for an emergency, to be reviewed';
COMMENT ON COLUMN events.delegatee IS 'the agent it was handed to';
COMMENT ON COLUMN events.subtask IS 'the task handed over';
COMMENT ON COLUMN events.winner IS 'the agent that won';
COMMENT ON COLUMN events.phenomenon IS 'what the label is about';
COMMENT ON COLUMN events.subject IS 'what it labels: an agent, event, run …';
COMMENT ON COLUMN events.label IS 'culprit, innocent, or the data set''s word';
COMMENT ON COLUMN events.finding IS 'the finding, as JSON';
COMMENT ON COLUMN events.extra IS 'keys that are not part of this kind, kept';
COMMENT ON COLUMN events.topic IS 'topic of the log it was read from, or the file';
COMMENT ON COLUMN events.partition IS 'partition of the topic; NULL for a file';
COMMENT ON COLUMN events."offset" IS 'offset in the partition, or line of the file';
COMMENT ON COLUMN events.seq IS 'position in this store, 1, 2, 3 … in the order of storing';
COMMENT ON COLUMN events.ingested_at IS 'when it was stored';
COMMENT ON COLUMN events.agent_digest IS 'md5_number_lower(agent)';
COMMENT ON COLUMN events.context_digest IS 'md5_number_lower(context)';
COMMENT ON COLUMN events.resource_digest IS 'md5_number_lower(resource)';
COMMENT ON COLUMN events.grant_digest IS 'md5_number_lower("grant")';

-- Kept apart from events, so that counting events counts what agents did.
CREATE TABLE finding_events (
    id          VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    "at"        TIMESTAMPTZ NOT NULL,
    agent       VARCHAR NOT NULL,
    schema      BIGINT,
    recorded_at TIMESTAMPTZ,
    model       VARCHAR,
    family      VARCHAR,
    operator    VARCHAR,
    principal   VARCHAR,
    persona     VARCHAR,
    role        VARCHAR,
    run         VARCHAR,
    task        VARCHAR,
    task_type   VARCHAR,
    parent      VARCHAR,
    trace       VARCHAR,
    context     VARCHAR,
    market      VARCHAR,
    environment VARCHAR,
    finding     JSON,
    extra       JSON,
    topic       VARCHAR,
    partition   INTEGER,
    "offset"    BIGINT,
    seq         BIGINT NOT NULL,
    ingested_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE finding_events IS 'The life cycle of findings: each opening and revision, one row each, never changed.';
COMMENT ON COLUMN finding_events.id IS 'unique name of the event; UUIDv7 recommended';
COMMENT ON COLUMN finding_events.kind IS 'what happened, in the past tense: the name of its view';
COMMENT ON COLUMN finding_events."at" IS 'when it happened (event time)';
COMMENT ON COLUMN finding_events.agent IS 'the agent that did it';
COMMENT ON COLUMN finding_events.schema IS 'wire version; absent means 1';
COMMENT ON COLUMN finding_events.recorded_at IS 'when the producer wrote it down';
COMMENT ON COLUMN finding_events.model IS 'model that decided, as served';
COMMENT ON COLUMN finding_events.family IS 'family of models it belongs to';
COMMENT ON COLUMN finding_events.operator IS 'who runs the agent';
COMMENT ON COLUMN finding_events.principal IS 'on whose behalf it acts';
COMMENT ON COLUMN finding_events.persona IS 'persona or prompt variant';
COMMENT ON COLUMN finding_events.role IS 'the agent''s job in the economy';
COMMENT ON COLUMN finding_events.run IS 'one execution of one task';
COMMENT ON COLUMN finding_events.task IS 'the task being worked on';
COMMENT ON COLUMN finding_events.task_type IS 'kind of task, for strata';
COMMENT ON COLUMN finding_events.parent IS 'id of the event that caused this one';
COMMENT ON COLUMN finding_events.trace IS 'trace id of the producer''s tracing';
COMMENT ON COLUMN finding_events.context IS 'key of the situation faced: task template, public facts, options';
COMMENT ON COLUMN finding_events.market IS 'market or auction house';
COMMENT ON COLUMN finding_events.environment IS 'shared world acted on';
COMMENT ON COLUMN finding_events.finding IS 'the finding, as JSON';
COMMENT ON COLUMN finding_events.extra IS 'keys that are not part of this kind, kept';
COMMENT ON COLUMN finding_events.topic IS 'topic of the log it was read from, or the file';
COMMENT ON COLUMN finding_events.partition IS 'partition of the topic; NULL for a file';
COMMENT ON COLUMN finding_events."offset" IS 'offset in the partition, or line of the file';
COMMENT ON COLUMN finding_events.seq IS 'position in this store, 1, 2, 3 … in the order of storing';
COMMENT ON COLUMN finding_events.ingested_at IS 'when it was stored';

CREATE VIEW agent_registered AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, extra, topic,
    partition, "offset", seq, ingested_at
FROM events WHERE kind = 'agent_registered';
COMMENT ON VIEW agent_registered IS 'An agent joined the economy.';

CREATE VIEW action_taken AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, action, resource,
    choice, options, correct, outcome, attempted, side_effect, args, grant, provenance, price,
    cost, quantity, payoff, value, budget, duration_ms, extra, topic, partition, "offset", seq,
    ingested_at
FROM events WHERE kind = 'action_taken';
COMMENT ON VIEW action_taken IS 'An agent did something, or tried to.';

CREATE VIEW content_observed AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, resource, action,
    content, content_hash, outcome, provenance, extra, topic, partition, "offset", seq,
    ingested_at
FROM events WHERE kind = 'content_observed';
COMMENT ON VIEW content_observed IS 'An agent read something: a page, a tool''s output, a file.';

CREATE VIEW state_changed AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, resource, before,
    after, price, quantity, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'state_changed';
COMMENT ON VIEW state_changed IS 'The shared world changed by an agent''s hand.';

CREATE VIEW message_sent AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, recipient, content,
    content_hash, provenance, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'message_sent';
COMMENT ON VIEW message_sent IS 'An agent wrote directly to another.';

CREATE VIEW permission_granted AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, grant, parent_grant,
    actions, resources, valid_from, valid_until, provenance, break_glass, extra, topic,
    partition, "offset", seq, ingested_at
FROM events WHERE kind = 'permission_granted';
COMMENT ON VIEW permission_granted IS 'agent was given a grant, from valid_from (default at) until valid_until.';

CREATE VIEW permission_revoked AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, grant, extra, topic,
    partition, "offset", seq, ingested_at
FROM events WHERE kind = 'permission_revoked';
COMMENT ON VIEW permission_revoked IS 'A grant, and all delegated from it, ended at at.';

CREATE VIEW task_delegated AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, delegatee, subtask,
    grant, valid_until, budget, args, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'task_delegated';
COMMENT ON VIEW task_delegated IS 'An agent handed (part of) a task to another.';

CREATE VIEW task_ended AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, outcome, payoff,
    cost, duration_ms, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'task_ended';
COMMENT ON VIEW task_ended IS 'A task ended.';

CREATE VIEW decision_reviewed AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, choice, correct,
    grant, duration_ms, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'decision_reviewed';
COMMENT ON VIEW decision_reviewed IS 'An overseer (agent) approved or rejected the event parent, or the grant grant.';

CREATE VIEW bid_placed AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, resource, price,
    quantity, value, budget, cost, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'bid_placed';
COMMENT ON VIEW bid_placed IS 'An agent bid in a market.';

CREATE VIEW auction_cleared AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, resource, winner,
    price, quantity, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'auction_cleared';
COMMENT ON VIEW auction_cleared IS 'A market cleared; agent is the market maker.';

CREATE VIEW intervention_applied AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, action, choice,
    extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'intervention_applied';
COMMENT ON VIEW intervention_applied IS 'A persona, a defence or a circuit breaker was switched on or off for agent.';

CREATE VIEW truth_declared AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, phenomenon, subject,
    label, value, args, extra, topic, partition, "offset", seq, ingested_at
FROM events WHERE kind = 'truth_declared';
COMMENT ON VIEW truth_declared IS 'A label, planted or from a data set; detectors never read it.';

CREATE VIEW finding_raised AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, finding, extra,
    topic, partition, "offset", seq, ingested_at
FROM finding_events WHERE kind = 'finding_raised';
COMMENT ON VIEW finding_raised IS 'A detector opened a finding; agent is who raised it.';

CREATE VIEW finding_revised AS SELECT
    id, "at", agent, schema, recorded_at, model, family, operator, principal, persona, role,
    run, task, task_type, parent, trace, context, market, environment, finding, extra,
    topic, partition, "offset", seq, ingested_at
FROM finding_events WHERE kind = 'finding_revised';
COMMENT ON VIEW finding_revised IS 'A finding changed: updated, closed or withdrawn, with the reason.';

-- Anyone may write to the log, so a finding that does not cast gives NULLs here, never an error.
-- The watch and the batch detector each count their own revisions; the detector has the last word.
CREATE VIEW latest_findings AS
SELECT * FROM finding_events
WHERE finding ->> '$.finding_id' IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY finding ->> '$.finding_id'
    ORDER BY coalesce(TRY_CAST(finding ->> '$.provisional' AS BOOLEAN), false),
        TRY_CAST(finding ->> '$.revision' AS BIGINT) DESC NULLS LAST, seq DESC
) = 1;
COMMENT ON VIEW latest_findings IS 'The row of finding_events that holds each finding as it now stands.';

CREATE VIEW findings AS
SELECT
    finding ->> '$.finding_id'                                 AS finding_id,
    finding ->> '$.detector'                                   AS detector,
    TRY_CAST(finding ->> '$.version' AS BIGINT)                    AS version,
    finding ->> '$.status'                                     AS status,
    finding ->> '$.score.subject'                              AS subject,
    finding ->> '$.score.claim'                                AS claim,
    TRY_CAST(finding ->> '$.score.statistic' AS DOUBLE)            AS statistic,
    TRY_CAST(finding ->> '$.score.effect' AS DOUBLE)               AS effect,
    TRY_CAST(finding ->> '$.score.p_value' AS DOUBLE)              AS p_value,
    TRY_CAST(finding ->> '$.score.q_value' AS DOUBLE)              AS q_value,
    TRY_CAST(finding ->> '$.score.n' AS BIGINT)                    AS n,
    TRY_CAST(finding ->> '$.window.start' AS TIMESTAMPTZ)          AS window_start,
    TRY_CAST(finding ->> '$.window.end' AS TIMESTAMPTZ)            AS window_end,
    TRY_CAST(finding ->> '$.revision' AS BIGINT)                   AS revision,
    coalesce(finding ->> '$.reason', '')                       AS reason,
    coalesce(TRY_CAST(finding ->> '$.provisional' AS BOOLEAN), false) AS provisional,
    coalesce(TRY_CAST(finding -> '$.score.agents' AS VARCHAR[]), [])    AS agents,
    coalesce(TRY_CAST(finding -> '$.score.resources' AS VARCHAR[]), []) AS resources,
    coalesce(TRY_CAST(finding -> '$.score.null_sample' AS DOUBLE[]), []) AS null_sample,
    finding -> '$.score.measures'                              AS measures,
    coalesce(TRY_CAST(finding -> '$.score.reasons' AS VARCHAR[]), [])   AS reasons,
    finding -> '$.parameters'                                  AS parameters,
    coalesce(TRY_CAST(finding ->> '$.evidence_total' AS BIGINT), 0)     AS evidence_total,
    finding ->> '$.evidence_sql'                               AS evidence_sql,
    finding ->> '$.recompute_sql'                              AS recompute_sql,
    finding -> '$.as_of'                                       AS as_of,
    seq, ingested_at
FROM latest_findings;
COMMENT ON VIEW findings IS 'Each finding as it now stands: its latest revision.';
COMMENT ON COLUMN findings.finding_id IS 'the same for ever: hash of detector, version, parameters, window and subject';
COMMENT ON COLUMN findings.detector IS 'the detector that raised it';
COMMENT ON COLUMN findings.version IS 'version of the detector';
COMMENT ON COLUMN findings.status IS 'opened, updated, closed or withdrawn';
COMMENT ON COLUMN findings.subject IS 'what was scored: a family, a ring, an agent';
COMMENT ON COLUMN findings.claim IS 'the finding in one sentence';
COMMENT ON COLUMN findings.statistic IS 'the test statistic';
COMMENT ON COLUMN findings.effect IS 'the effect size, in its natural unit';
COMMENT ON COLUMN findings.p_value IS 'chance of the statistic under the null; NULL where the claim is exact';
COMMENT ON COLUMN findings.q_value IS 'p after correction for every subject that was tested';
COMMENT ON COLUMN findings.n IS 'how many units the statistic rests on';
COMMENT ON COLUMN findings.window_start IS 'start of the window of event time, inclusive';
COMMENT ON COLUMN findings.window_end IS 'end of the window of event time, exclusive';
COMMENT ON COLUMN findings.revision IS 'counts from 0';
COMMENT ON COLUMN findings.reason IS 'why the latest revision was made';
COMMENT ON COLUMN findings.provisional IS 'true: raised live, not yet judged over its closed window';
COMMENT ON COLUMN findings.agents IS 'agents named, most influential first';
COMMENT ON COLUMN findings.resources IS 'resources named, most influential first';
COMMENT ON COLUMN findings.null_sample IS 'draws or quantiles of the null distribution, sorted';
COMMENT ON COLUMN findings.measures IS 'further numbers by name, as JSON';
COMMENT ON COLUMN findings.reasons IS 'alternative explanations, assumptions, and what the log could not test';
COMMENT ON COLUMN findings.parameters IS 'parameters of the detector, as JSON';
COMMENT ON COLUMN findings.evidence_total IS 'how many events prove it';
COMMENT ON COLUMN findings.evidence_sql IS 'SELECT that fetches the events that prove it';
COMMENT ON COLUMN findings.recompute_sql IS 'SELECT that gives the statistic again';
COMMENT ON COLUMN findings.as_of IS 'position of the log it was computed from, as JSON';
COMMENT ON COLUMN findings.seq IS 'position of the latest revision among finding_events';
COMMENT ON COLUMN findings.ingested_at IS 'when the latest revision was stored';

CREATE VIEW evidence AS
SELECT
    finding ->> '$.finding_id' AS finding_id,
    unnest(TRY_CAST(finding -> '$.evidence_ids' AS VARCHAR[])) AS event_id,
    generate_subscripts(TRY_CAST(finding -> '$.evidence_ids' AS VARCHAR[]), 1) AS position
FROM latest_findings;
COMMENT ON VIEW evidence IS 'The events that prove each finding; join event_id to events.id.';
COMMENT ON COLUMN evidence.finding_id IS 'the finding';
COMMENT ON COLUMN evidence.event_id IS 'an event that proves it';
COMMENT ON COLUMN evidence.position IS 'counts from 1, in the order the detector gave';

CREATE VIEW truth AS
SELECT phenomenon, subject, label, value, args, "at", id, agent, seq
FROM events WHERE kind = 'truth_declared';
COMMENT ON VIEW truth IS 'Labels, planted or from a data set; detectors never read them.';
COMMENT ON COLUMN truth.phenomenon IS 'what the label is about';
COMMENT ON COLUMN truth.subject IS 'what it labels: an agent, an event, a run …';
COMMENT ON COLUMN truth.label IS 'culprit, innocent, or the word of the data set';
COMMENT ON COLUMN truth.value IS 'the label as a number, where it is one';
COMMENT ON COLUMN truth.args IS 'details of the label, as JSON';
COMMENT ON COLUMN truth."at" IS 'event time the label is about';
COMMENT ON COLUMN truth.id IS 'id of the truth_declared event';
COMMENT ON COLUMN truth.agent IS 'who declared it, or whom it labels';
COMMENT ON COLUMN truth.seq IS 'position in this store';

-- What was refused is kept with its bytes, so that stored + duplicates + rejected = sent.
CREATE TABLE rejected (
    seq         BIGINT NOT NULL,
    topic       VARCHAR NOT NULL,
    partition   INTEGER,
    "offset"    BIGINT NOT NULL,
    reason      VARCHAR NOT NULL,
    hint        VARCHAR NOT NULL,
    payload     BLOB NOT NULL,
    rejected_at TIMESTAMPTZ NOT NULL,
    retried_at  TIMESTAMPTZ
);
COMMENT ON TABLE rejected IS 'Records that are no events, with their bytes, the reason and where they stood.';
COMMENT ON COLUMN rejected.seq IS 'position among the rejected, 1, 2, 3 …';
COMMENT ON COLUMN rejected.topic IS 'topic of the log it was read from, or the file';
COMMENT ON COLUMN rejected.partition IS 'partition of the topic; NULL for a file';
COMMENT ON COLUMN rejected."offset" IS 'offset in the partition, or line of the file';
COMMENT ON COLUMN rejected.reason IS 'what was needed and what was found';
COMMENT ON COLUMN rejected.hint IS 'what its producer can do about it';
COMMENT ON COLUMN rejected.payload IS 'the record as it came';
COMMENT ON COLUMN rejected.rejected_at IS 'when it was stored here';
COMMENT ON COLUMN rejected.retried_at IS 'when it was read again and became events; NULL while it is open';

-- Committed with the rows they cover: that is what makes storing exactly-once.
CREATE TABLE offsets (
    topic       VARCHAR NOT NULL,
    partition   INTEGER NOT NULL,
    topic_id    VARCHAR NOT NULL,
    next_offset BIGINT NOT NULL,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE offsets IS 'How far each partition of the log is stored.';
COMMENT ON COLUMN offsets.topic IS 'topic of the log';
COMMENT ON COLUMN offsets.partition IS 'partition of the topic';
COMMENT ON COLUMN offsets.topic_id IS 'the broker''s id of the topic: another one after it was created anew';
COMMENT ON COLUMN offsets.next_offset IS 'first offset that is not stored yet';

CREATE TABLE ingest_counts (
    topic      VARCHAR PRIMARY KEY,
    stored     BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    rejected   BIGINT NOT NULL
);
COMMENT ON TABLE ingest_counts IS 'Every record that came, by what became of it.';
COMMENT ON COLUMN ingest_counts.topic IS 'topic of the log or file; empty where it was not said';
COMMENT ON COLUMN ingest_counts.stored IS 'stored as an event';
COMMENT ON COLUMN ingest_counts.duplicates IS 'dropped: its id was stored already';
COMMENT ON COLUMN ingest_counts.rejected IS 'refused as no event, and not read again with success';

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

CREATE TABLE detector_progress (
    detector_key VARCHAR PRIMARY KEY,
    next_seq     BIGINT NOT NULL,
    state        BLOB NOT NULL
);
COMMENT ON TABLE detector_progress IS 'How far each detector has read the store.';
COMMENT ON COLUMN detector_progress.detector_key IS 'detector, version and parameters';
COMMENT ON COLUMN detector_progress.next_seq IS 'first events.seq that it has not counted yet';
COMMENT ON COLUMN detector_progress.state IS 'the engine''s own state, opaque here';

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

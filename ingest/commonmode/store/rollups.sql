-- Counts over events that a page can read every few seconds, whatever the number of events.
-- They say nothing that events do not say, so they are made anew rather than upgraded.
-- Each is a table of what is folded up to a position, a view of what came after it, and a view of
-- both: always what a scan of all events would give.

DROP VIEW IF EXISTS activity;
DROP VIEW IF EXISTS presence;
DROP VIEW IF EXISTS resource_use;
DROP VIEW IF EXISTS recent_activity;
DROP VIEW IF EXISTS recent_presence;
DROP VIEW IF EXISTS recent_resource_use;

CREATE OR REPLACE TABLE folds (
    next_seq  BIGINT NOT NULL,
    folded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE folds IS 'Up to where events are folded into the counts: the highest next_seq.';
COMMENT ON COLUMN folds.next_seq IS 'first events.seq that was not folded by then';
COMMENT ON COLUMN folds.folded_at IS 'when it was folded';

-- Materialized, or a filter on start is joined first: then every event is read.
CREATE VIEW recent_activity AS
WITH recent AS MATERIALIZED (
    SELECT "at", kind, family, outcome, attempted FROM events
    WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds)
)
SELECT seconds, to_timestamp(floor(epoch("at") / seconds) * seconds) AS start,
    kind, family, outcome, count(*) AS events, count(*) FILTER (attempted) AS attempted
FROM recent, (VALUES (60), (3600)) AS widths(seconds)
GROUP BY ALL;
COMMENT ON VIEW recent_activity IS 'The part of activity that is not folded yet.';

CREATE OR REPLACE TABLE folded_activity AS FROM recent_activity LIMIT 0;
COMMENT ON TABLE folded_activity IS 'The part of activity that is folded.';

CREATE VIEW activity AS
SELECT seconds, start, kind, family, outcome,
    CAST(sum(events) AS BIGINT) AS events, CAST(sum(attempted) AS BIGINT) AS attempted
FROM (FROM folded_activity UNION ALL FROM recent_activity)
GROUP BY ALL;
COMMENT ON VIEW activity IS 'How many events there were, by minute and by hour of event time: filter on seconds.';
COMMENT ON COLUMN activity.seconds IS 'what a row covers: 60 or 3600; every event is counted in both';
COMMENT ON COLUMN activity.start IS 'start of that minute or hour of event time, inclusive';
COMMENT ON COLUMN activity.kind IS 'kind of the events';
COMMENT ON COLUMN activity.family IS 'family of models; NULL where it was not said';
COMMENT ON COLUMN activity.outcome IS 'how they ended; NULL where it was not said';
COMMENT ON COLUMN activity.events IS 'how many';
COMMENT ON COLUMN activity.attempted IS 'how many of them were only tried';

CREATE VIEW recent_presence AS
SELECT agent, kind, family, operator, min("at") AS first_at, max("at") AS last_at,
    count(*) AS events
FROM events WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds)
GROUP BY ALL;
COMMENT ON VIEW recent_presence IS 'The part of presence that is not folded yet.';

CREATE OR REPLACE TABLE folded_presence AS FROM recent_presence LIMIT 0;
COMMENT ON TABLE folded_presence IS 'The part of presence that is folded.';

CREATE VIEW presence AS
SELECT agent, kind, family, operator, min(first_at) AS first_at, max(last_at) AS last_at,
    CAST(sum(events) AS BIGINT) AS events
FROM (FROM folded_presence UNION ALL FROM recent_presence)
GROUP BY ALL;
COMMENT ON VIEW presence IS 'Who did what kind of thing, from when to when, and how often.';
COMMENT ON COLUMN presence.agent IS 'the agent';
COMMENT ON COLUMN presence.kind IS 'kind of its events';
COMMENT ON COLUMN presence.family IS 'family of models it was of; NULL where it was not said';
COMMENT ON COLUMN presence.operator IS 'who ran it; NULL where it was not said';
COMMENT ON COLUMN presence.first_at IS 'event time of the first';
COMMENT ON COLUMN presence.last_at IS 'event time of the last';
COMMENT ON COLUMN presence.events IS 'how many';

CREATE VIEW recent_resource_use AS
SELECT resource, min("at") AS first_at, max("at") AS last_at, count(*) AS events
FROM events
WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds) AND resource IS NOT NULL
GROUP BY ALL;
COMMENT ON VIEW recent_resource_use IS 'The part of resource_use that is not folded yet.';

CREATE OR REPLACE TABLE folded_resource_use AS FROM recent_resource_use LIMIT 0;
COMMENT ON TABLE folded_resource_use IS 'The part of resource_use that is folded.';

CREATE VIEW resource_use AS
SELECT resource, min(first_at) AS first_at, max(last_at) AS last_at,
    CAST(sum(events) AS BIGINT) AS events
FROM (FROM folded_resource_use UNION ALL FROM recent_resource_use)
GROUP BY ALL;
COMMENT ON VIEW resource_use IS 'What was acted on, from when to when, and how often.';
COMMENT ON COLUMN resource_use.resource IS 'what was acted on';
COMMENT ON COLUMN resource_use.first_at IS 'event time of the first event about it';
COMMENT ON COLUMN resource_use.last_at IS 'event time of the last';
COMMENT ON COLUMN resource_use.events IS 'how many';

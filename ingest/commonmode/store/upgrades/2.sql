-- A rejected record can be read again after a fix, and says when that worked.
ALTER TABLE rejected ADD COLUMN retried_at TIMESTAMPTZ;
COMMENT ON COLUMN rejected.retried_at IS 'when it was read again and became events; NULL while it is open';
COMMENT ON COLUMN ingest_counts.rejected IS 'refused as no event, and not read again with success';

-- The watch and the batch detector each count their own revisions; the detector has the last word.
CREATE OR REPLACE VIEW latest_findings AS
SELECT * FROM finding_events
WHERE finding ->> '$.finding_id' IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY finding ->> '$.finding_id'
    ORDER BY coalesce(TRY_CAST(finding ->> '$.provisional' AS BOOLEAN), false),
        TRY_CAST(finding ->> '$.revision' AS BIGINT) DESC NULLS LAST, seq DESC
) = 1;
COMMENT ON VIEW latest_findings IS 'The row of finding_events that holds each finding as it now stands.';

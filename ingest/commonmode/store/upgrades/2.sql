-- A rejected record can be read again after a fix, and says when that worked.
ALTER TABLE rejected ADD COLUMN retried_at TIMESTAMPTZ;
COMMENT ON COLUMN rejected.retried_at IS 'when it was read again and became events; NULL while it is open';
COMMENT ON COLUMN ingest_counts.rejected IS 'refused as no event, and not read again with success';

# %% [markdown]
# # Asking the store from a notebook
#
# Each `# %%` is a cell: open this file in VS Code, Jupyter (with jupytext) or PyCharm.
# It needs a store: `commonmode demo`, or `commonmode load YOUR-LOGS`.
"""Frames from the store: small ones at once, large ones lazily, with parameters in SQL."""

# %%
import polars as pl

from commonmode.store import connect

store = connect()  # the deployment while it runs, the file while it does not

# %% [markdown]
# One query, one frame. Values go in as parameters, never into the text.

# %%
families = store.query(
    """
    SELECT family, count(DISTINCT agent) AS agents, count(*) AS actions
    FROM action_taken WHERE outcome IS NULL OR outcome = $outcome
    GROUP BY ALL ORDER BY actions DESC
    """,
    {"outcome": "ok"},
)
print(families)

# %% [markdown]
# A lazy frame reads nothing until it is collected, and then only the columns it needs.
# What narrows most, above all time, belongs into the SQL.

# %%
votes = store.scan("SELECT * FROM action_taken WHERE choice IS NOT NULL")
agreement = (
    votes.group_by("context", "choice")
    .agg(votes=pl.len())
    .group_by("context")
    .agg(share=pl.col("votes").max() / pl.col("votes").sum(), votes=pl.col("votes").sum())
    .filter(pl.col("votes") > 1)
    .sort("votes", "context", descending=[True, False])
)
print(agreement.head(10).collect())

# %% [markdown]
# A frame larger than memory: batches of Arrow, one after the other.

# %%
rows = 0
with store.batches("SELECT id, args FROM events") as batches:
    for batch in batches:
        rows += batch.num_rows
print(f"{rows:,} events")

# %% [markdown]
# Findings, and the events that prove the newest.

# %%
findings = store.query(
    "SELECT finding_id, detector, claim, effect, q_value FROM findings ORDER BY seq DESC"
)
print(findings)
if findings.height:
    evidence = store.query(
        """
        SELECT e.* FROM evidence JOIN events AS e ON e.id = evidence.event_id
        WHERE finding_id = $id ORDER BY position
        """,
        {"id": findings["finding_id"][0]},
    )
    print(evidence.select("id", "kind", "at", "agent"))

# %%
store.close()

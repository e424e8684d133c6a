"""The maps that are shipped read logs of the products they are for."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from commonmode.events import ActionTaken, Event, Rejected
from commonmode.formats import Mapped

MAPS = Path(__file__).parents[2] / "docs" / "maps"
CALL: dict[str, Any] = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/buyer/agent-7",
        "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/buyer"}},
    },
    "eventTime": "2026-01-05T09:30:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "requestParameters": {"bucketName": "ledger", "key": "2026"},
    "readOnly": True,
    "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::ledger/2026"}],
    "eventID": "e1",
    "recipientAccountId": "111122223333",
}


def read(*calls: dict[str, Any]) -> list[Event | Rejected]:
    log = BytesIO(json.dumps({"Records": calls}).encode())
    return list(cloudtrail().read(log, "log.json"))


def cloudtrail() -> Mapped:
    return Mapped((MAPS / "cloudtrail.toml").read_text(encoding="utf-8"), "cloudtrail.toml")


def test_a_call_is_an_action_of_the_session_on_behalf_of_its_role() -> None:
    (call,) = read(CALL)

    assert isinstance(call, ActionTaken)
    assert (call.agent, call.principal) == (
        "arn:aws:sts::111122223333:assumed-role/buyer/agent-7",
        "arn:aws:iam::111122223333:role/buyer",
    )
    assert (call.action, call.resource) == (
        "s3.amazonaws.com:GetObject",
        "arn:aws:s3:::ledger/2026",
    )
    assert (call.outcome, call.attempted, call.side_effect) == ("ok", None, "read")


@pytest.mark.parametrize(
    ("code", "outcome", "attempted"),
    [
        ("AccessDenied", "denied", True),
        ("Client.UnauthorizedOperation", "denied", True),
        ("ThrottlingException", "error", None),
    ],
)
def test_what_was_not_let_was_only_tried(
    code: str, outcome: str, *, attempted: bool | None
) -> None:
    (call,) = read({**CALL, "errorCode": code, "readOnly": False})

    assert isinstance(call, ActionTaken)
    assert (call.outcome, call.attempted, call.side_effect) == (outcome, attempted, "write")


def test_a_call_that_says_little_is_still_one() -> None:
    bare = {k: CALL[k] for k in ("eventTime", "eventSource", "eventName", "eventID")}
    (call,) = read({**bare, "userIdentity": {"invokedBy": "autoscaling.amazonaws.com"}})

    assert isinstance(call, ActionTaken)
    assert (call.agent, call.side_effect) == ("autoscaling.amazonaws.com", None)


def test_all_calls_of_a_real_trail_are_read(real_data: Path) -> None:
    found: list[Event | Rejected] = []
    with tarfile.open(real_data / "cloudtrail" / "cloudtrail-stratus.tar.gz") as archive:
        for member in archive:
            if (log := archive.extractfile(member)) is not None:
                found += cloudtrail().read(BytesIO(log.read()), member.name)

    assert len(found) == 2_900
    assert sum(isinstance(r, ActionTaken) and r.outcome == "denied" for r in found) == 60

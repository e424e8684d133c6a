from __future__ import annotations

from tests.engine.tiny import HOUR, Busy, Strangers

from commonmode.engine.stored import key_of, parameters_hash


def test_another_parameter_is_another_key() -> None:
    assert key_of(Busy()) != key_of(Busy(often=4))
    assert parameters_hash(Busy()) == parameters_hash(Busy(window=HOUR))


def test_another_detector_is_another_key() -> None:
    assert key_of(Busy()) != key_of(Strangers())

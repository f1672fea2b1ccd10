"""`/api/v1/meter/telegram`: what is said of the last telegram, and of what was refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ngair.api.telegram import LastInput, Looked, TelegramLine, telegram_document
from ngair.model.events import Event, InputRejected, TelegramReceived
from ngair.model.telegram import REMEDIES, Reason, Rejection
from tests.api.houses import binary_telegram, rejection, site, telegram

LINE = TelegramLine(code="1-0:1.7.0", meaning="power import", value="2345", unit="W", sent="(02.345*kW)", used=True)


def document(*events: Event, now_s: float = 2.0, refused: Looked = Looked()) -> Any:  # noqa: B008 - frozen
    came = LastInput()
    for event in events:
        if isinstance(event, TelegramReceived):
            came = msgspec.structs.replace(came, telegram=event.telegram, received_at_s=event.at_s)
        elif isinstance(event, InputRejected):
            came = msgspec.structs.replace(came, rejection=event.rejection, rejected_at_s=now_s - 0.5)
    accepted = Looked(lines=(LINE,), left_out=3, family="Made up") if came.telegram else Looked()
    made = telegram_document("main", site("1.0", events).meter, came, accepted, refused, now_s, 1_767_225_599.9)
    return msgspec.json.decode(msgspec.json.encode(made))


def test_before_the_first_telegram_nothing_is_known() -> None:
    shown = document()
    assert shown["received_at"] is None
    assert shown["age_s"] is None
    assert shown["reading"] is None
    assert shown["refused"] is None
    assert (shown["data"], shown["len"], shown["lines"], shown["rejected"]) == ("", 0, [], {})


def test_a_telegram_with_its_values_and_its_time() -> None:
    shown = document(telegram(at_s=1.5))
    assert shown["age_s"] == 0.5
    assert shown["received_at"] == "2025-12-31T23:59:59.400Z"
    assert shown["data"].startswith("/XYZ5")
    assert shown["binary"] is False
    assert (shown["framing"], shown["dialect"], shown["family"]) == ("P1", "made-up", "Made up")
    assert shown["lines"] == [msgspec.to_builtins(LINE)]
    assert shown["left_out"] == 3
    assert shown["reading"]["power_import_w"] == 2345


def test_a_binary_one_is_hex() -> None:
    shown = document(binary_telegram())
    assert (shown["binary"], shown["ciphered"], shown["vendor"], shown["port"]) == (True, True, "ABC", "HAN")
    assert bytes.fromhex(shown["data"])


@pytest.mark.parametrize("reason", Reason)
def test_what_was_refused_has_a_remedy(reason: Reason) -> None:
    shown = document(telegram(), rejection(reason))
    assert shown["rejected"] == {reason: 1}
    assert shown["remedies"] == {reason: REMEDIES[reason]}
    assert shown["refused"]["reason"] == reason
    assert shown["refused"]["remedy"] == REMEDIES[reason]
    assert shown["refused"]["last"] is True
    assert shown["refused"]["age_s"] == 0.5
    assert shown["data"].startswith("/XYZ5")


def test_a_telegram_behind_it_makes_it_old() -> None:
    refused = InputRejected(Rejection(Reason.CHECK, "made up", 7))
    assert document(refused, telegram(at_s=1.9))["refused"]["last"] is False
    assert document(refused)["refused"]["last"] is True

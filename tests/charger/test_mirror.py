"""What a charger is told about the meter."""

from __future__ import annotations

import msgspec
import pytest

from ngair.charger.mirror import announcements
from ngair.model.events import TelegramReceived
from ngair.model.reading import Reading
from ngair.model.site import BoxInfo, Site, apply
from ngair.model.telegram import Origin, Telegram

BOX = BoxInfo(serial="ABCDEFGH01234567", firmware="ngair.0.0.0-0-g0000000", mac="020000000001")


@pytest.mark.parametrize(
    ("origin", "meter_type", "vendor"),
    [(Origin(), "P1", "KAM"), (Origin(port="HAN", framing="HDLC", vendor="AID"), "HAN", "AID")],
)
def test_the_meter_is_called_as_in_the_local_api(origin: Origin, meter_type: str, vendor: str) -> None:
    reading = Reading(ident="KAM5", meter_id="7", power_import_w=1)
    site = apply(Site(box=BOX), TelegramReceived(Telegram("", 0, reading, origin), 1, 1000))
    told = [msgspec.json.decode(one.payload) for one in announcements("CB1", site) if one.topic.endswith("/meterinfo")]
    assert told == [{"meterId": "7", "meterType": meter_type, "vendor": vendor}] * 2

"""What a telegram shows of who sent it, found once more from what the decoder opened."""

from __future__ import annotations

from ngair.meter.dialects import DIALECTS
from ngair.meter.encodings.notification import read_notification
from ngair.meter.encodings.sml import read_sml
from ngair.meter.lists import list_facts, named, text_of
from ngair.meter.message import Encoding, Facts, Message
from ngair.meter.objects import ascii_facts, read_objects
from ngair.model.telegram import Telegram

ENCODINGS: dict[str, Encoding] = {"P1": "ascii", "HAN": "cosem", "SML": "sml"}


def facts_of(telegram: Telegram) -> Facts:
    """The facts by which dialects are asked."""
    origin = telegram.origin
    encoding = ENCODINGS[origin.port]
    if encoding == "ascii":
        text = telegram.body or telegram.data.encode("latin-1")
        body = text[: text.rindex(b"!") + 1]
        return ascii_facts(body, read_objects(body), ciphered=origin.ciphered)
    flag = origin.vendor if origin.ciphered else ""
    message = Message(encoding, telegram.body, b"", origin.framing, telegram.reading.checked, origin.ciphered, flag)
    content = read_notification(telegram.body) if encoding == "cosem" else read_sml(telegram.body)
    items = named(content, DIALECTS.get(origin.dialect))
    return list_facts(content, message, meter_id=text_of(items, "id"), meter_type=text_of(items, "type"))

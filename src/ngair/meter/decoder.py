"""One meter's bytes -> telegrams and rejections. Never raises for what it is sent."""

from __future__ import annotations

from ngair.meter.assemble import assemble, implausible, measures, no_values
from ngair.meter.framings.frame import Frame
from ngair.meter.framings.p1 import P1Framing
from ngair.meter.layout import Layout
from ngair.meter.objects import read_clock, read_meter_id, read_objects, read_value
from ngair.meter.quantities import Values
from ngair.meter.strictness import format_fault
from ngair.model.keys import Keys
from ngair.model.line import NOTHING_FIXED, Fixed
from ngair.model.telegram import Reason, Rejection, Telegram


class Decoder:
    """What comes from one source. It learns two things of it: where its values stand, and that it sends a check."""

    def __init__(self, keys: Keys | None = None, fixed: Fixed = NOTHING_FIXED, *, bare: bool = False) -> None:
        """`keys` open a meter that encrypts; `fixed` is what the user knows better; `bare` lets messages without a
        frame in, as files have them."""
        self.frames = 0
        """Frames that were whole, whatever became of what they hold: they say that the line is set right."""
        self._framing = P1Framing()
        self._layout: Layout | None = None
        self._sends_check = False

    def feed(self, data: bytes) -> list[Telegram | Rejection]:
        """Take bytes in any portions; what comes out does not depend on how they were cut."""
        return self._decoded(self._framing.feed(data))

    def quiet(self) -> list[Telegram | Rejection]:
        """The line has been quiet for `LINE_QUIET_S`: a telegram without check that stands complete counts."""
        return self._decoded(self._framing.quiet())

    def finish(self) -> list[Telegram | Rejection]:
        """The line is gone; what stands incomplete is refused. More may be fed when it is back."""
        return self._decoded(self._framing.finish())

    def _decoded(self, found: list[Frame | Rejection]) -> list[Telegram | Rejection]:
        return [item if isinstance(item, Rejection) else self._decode(item) for item in found]

    def _decode(self, frame: Frame) -> Telegram | Rejection:
        self.frames += 1
        if not frame.checked:
            return self._decode_anew(frame)
        self._sends_check = True
        return self._decode_by_layout(frame) or self._decode_anew(frame)

    def _decode_by_layout(self, frame: Frame) -> Telegram | Rejection | None:
        layout, body = self._layout, frame.payload
        if layout is None or not layout.matches(body):
            return None
        try:
            values = layout.values(body)
        except ValueError:
            return None
        return _judged(frame, values, layout.ident, layout.clock(body), layout.meter_id)

    def _decode_anew(self, frame: Frame) -> Telegram | Rejection:
        body = frame.payload
        objects = read_objects(body)
        if not frame.checked and (self._sends_check or objects.declares_check(body)):
            return _rejection(Reason.CHECK_MISSING, "no check sum behind the end mark", frame)
        values = no_values()
        for place in objects.places:
            values[place.quantity] = read_value(body, place)
        meter_id = read_meter_id(body[slice(*objects.meter_id)]) if objects.meter_id else None
        clock = read_clock(body[slice(*objects.clock)]) if objects.clock else None
        if frame.checked:
            self._layout = Layout(body, objects, meter_id)
        return _judged(frame, values, objects.ident, clock, meter_id)


def _judged(frame: Frame, values: Values, ident: str, clock: str | None, meter_id: str | None) -> Telegram | Rejection:
    if not measures(values):
        return _rejection(Reason.NOTHING_MEASURED, "neither power, current nor energy", frame)
    fault = None if frame.checked else format_fault(frame.payload)
    if fault:
        return _rejection(Reason.FORMAT, fault, frame)
    fault = implausible(values)
    if fault:
        return _rejection(Reason.IMPLAUSIBLE, fault, frame)
    reading = assemble(values, ident=ident, time=clock, meter_id=meter_id, checked=frame.checked)
    return Telegram(frame.raw.decode("latin-1"), len(frame.raw), reading)


def _rejection(reason: Reason, detail: str, frame: Frame) -> Rejection:
    return Rejection(reason, detail, len(frame.raw))

"""One meter's bytes -> telegrams and rejections. Never raises for what it is sent."""

from __future__ import annotations

from ngair.meter.assemble import assemble, implausible, measures, no_values
from ngair.meter.binary_layout import BinaryLayout
from ngair.meter.encodings.cosem_time import read_time
from ngair.meter.encodings.fault import EncodingError
from ngair.meter.encodings.notification import read_notification
from ngair.meter.encodings.sml import read_sml
from ngair.meter.framings.detect import Detector
from ngair.meter.framings.frame import Frame
from ngair.meter.layout import Layout
from ngair.meter.lists import BinaryPlace, clock_of, in_base_units, list_facts, named, places, text_of
from ngair.meter.message import Content, Item, Message
from ngair.meter.objects import ascii_facts, read_clock, read_meter_id, read_objects, read_value
from ngair.meter.opener import Opener
from ngair.meter.quantities import Values
from ngair.meter.strictness import format_fault
from ngair.meter.who import Who, completed, who
from ngair.model.keys import Keys
from ngair.model.limits import LAYOUTS_MAX
from ngair.model.line import NOTHING_FIXED, Fixed
from ngair.model.telegram import Reason, Rejection, Telegram


class Decoder:
    """What comes from one source. It learns of it: its framing, its dialect, where its values stand, that it checks."""

    def __init__(
        self, keys: Keys | None = None, fixed: Fixed = NOTHING_FIXED, *, bare: bool = False, unchecked: bool = False
    ) -> None:
        """`keys` open a meter that encrypts; `fixed` is what the user knows better; `bare` lets messages without a
        frame in, as files have them; `unchecked` reads also frames whose check sum does not match, marked so, as
        captures have them in which somebody made numbers unrecognisable: never what comes from a line."""
        self.fixed = fixed
        self.frames = 0
        """Frames that were whole, whatever became of what they hold: they say that the line is set right."""
        self._unchecked = unchecked
        self._framing = Detector(fixed.framing, bare=bare)
        self._opener = Opener(keys)
        self._dialect = fixed.dialect
        self._layouts: dict[int, Layout | BinaryLayout] = {}
        self._known: Who | None = None
        self._sends_check = False

    @property
    def held_bytes(self) -> int:
        """Bytes in memory that wait for others."""
        return self._framing.held_bytes

    def feed(self, data: bytes) -> list[Telegram | Rejection]:
        """Take bytes in any portions; what comes out does not depend on how they were cut."""
        return self._decoded(self._framing.feed(data))

    def quiet(self) -> list[Telegram | Rejection]:
        """The line has been quiet for `LINE_QUIET_S`: a telegram without check that stands complete counts."""
        return self._decoded(self._framing.quiet())

    def finish(self) -> list[Telegram | Rejection]:
        """The line is gone; what stands incomplete is refused. More may be fed when it is back."""
        return [*self._decoded(self._framing.finish()), *self._opener.finish()]

    def _decoded(self, found: list[Frame | Rejection]) -> list[Telegram | Rejection]:
        decoded = [self._refused(item) if isinstance(item, Rejection) else self._decode(item) for item in found]
        return [item for item in decoded if item is not None]

    def _refused(self, rejection: Rejection) -> Telegram | Rejection | None:
        if not self._unchecked or rejection.reason is not Reason.CHECK or not rejection.body:
            return rejection
        return self._decode(Frame(self._framing.framing or "HDLC", rejection.body, rejection.body, checked=False))

    def _decode(self, frame: Frame) -> Telegram | Rejection | None:
        self.frames += 1
        message = self._opener.open(frame)
        if not isinstance(message, Message):
            return message
        return self._read_by_layout(message) or self._read_anew(message)

    def _read_by_layout(self, message: Message) -> Telegram | Rejection | None:
        """Read it where the last ones had their values, if only these differ."""
        body = message.body
        layout = self._layouts.get(len(body))
        if layout is None or not message.checked or not layout.matches(body):
            return None
        try:
            values = layout.values(body)
        except ValueError:
            return None
        return self._judged(message, values, layout.clock(body), layout.who)

    def _read_anew(self, message: Message) -> Telegram | Rejection:
        return self._read_lines(message) if message.encoding == "ascii" else self._read_list(message)

    def _read_lines(self, message: Message) -> Telegram | Rejection:
        """Read an ASCII telegram by its object lines."""
        body = message.body
        objects = read_objects(body)
        self._sends_check |= message.checked
        if not message.checked and (self._sends_check or objects.declares_check(body)):
            return _rejection(Reason.CHECK_MISSING, "no check sum behind the end mark", message)
        values = no_values()
        for place in objects.places:
            values[place.quantity] = read_value(body, place)
        meter_id = read_meter_id(body[slice(*objects.meter_id)]) if objects.meter_id else None
        clock = read_clock(body[slice(*objects.clock)]) if objects.clock else None
        sender = who(message, ascii_facts(body, objects, ciphered=message.ciphered), meter_id, self._dialect)
        self._remember(Layout(body, objects, sender), message)
        return self._judged(message, values, clock, sender)

    def _read_list(self, message: Message) -> Telegram | Rejection:
        """Read a binary list by its structure."""
        try:
            content = read_notification(message.body) if message.encoding == "cosem" else read_sml(message.body)
        except EncodingError as error:
            return _rejection(Reason.ENCODING, str(error), message)
        sender = self._sender(content, message)
        items = named(content, sender.dialect)
        found = places(items, sender.dialect)
        values = no_values()
        for place, number in found:
            values[place.quantity] = in_base_units(number, place)
        clock = clock_of(content, items)
        if message.encoding == "cosem":
            self._remember_list(message, items, [place for place, _ in found], (clock, content.clock), sender)
        time = read_time(message.body[slice(*clock)]) if clock else None
        return self._judged(message, values, time, sender)

    def _sender(self, content: Content, message: Message) -> Who:
        """Whose list it is. What tells the model is known only by the dialect, which may ask for it in turn."""
        first = who(message, list_facts(content, message), None, self._dialect)
        items = named(content, first.dialect)
        facts = list_facts(content, message, meter_id=text_of(items, "id"), meter_type=text_of(items, "type"))
        return who(message, facts, facts.meter_id or None, self._dialect or first.origin.dialect or None)

    def _remember_list(
        self,
        message: Message,
        items: list[tuple[str, Item]],
        found: list[BinaryPlace],
        clocks: tuple[tuple[int, int] | None, ...],
        sender: Who,
    ) -> None:
        try:
            self._remember(BinaryLayout(message.body, items, found, clocks, sender), message)
        except ValueError:
            return

    def _remember(self, layout: Layout | BinaryLayout, message: Message) -> None:
        """Meters send a few lists in turn: one layout a length."""
        if not message.checked:
            return
        self._layouts.pop(len(message.body), None)
        if len(self._layouts) >= LAYOUTS_MAX:
            del self._layouts[next(iter(self._layouts))]
        self._layouts[len(message.body)] = layout

    def _judged(self, message: Message, values: Values, clock: str | None, sender: Who) -> Telegram | Rejection:
        estimated: tuple[str, ...] = ()
        dialect = sender.dialect
        if dialect is not None:
            for quirk in dialect.quirks:
                estimated += quirk(values, sender.facts)
        if not measures(values):
            return _nothing_measured(message, sender)
        fault = format_fault(message.body) if message.encoding == "ascii" and not message.checked else None
        if fault:
            return _rejection(Reason.FORMAT, fault, message)
        fault = implausible(values)
        if fault:
            return _rejection(Reason.IMPLAUSIBLE, fault, message)
        self._known = sender = completed(sender, self._known)
        reading = assemble(
            values,
            ident=sender.ident,
            time=clock,
            meter_id=sender.meter_id,
            checked=message.checked,
            estimated=estimated,
        )
        text = message.raw[:1] == b"/"
        return Telegram(
            message.raw.decode("latin-1") if text else message.raw.hex(),
            len(message.raw),
            reading,
            sender.origin,
            b"" if text and not message.ciphered else message.body,
        )


def _nothing_measured(message: Message, sender: Who) -> Rejection:
    if message.encoding == "ascii" or sender.dialect is not None:
        return _rejection(Reason.NOTHING_MEASURED, "neither power, current nor energy", message)
    form, count = sender.facts.form, sender.facts.count
    return _rejection(Reason.UNRECOGNISED, f"a {form} list of {count} values without units", message)


def _rejection(reason: Reason, detail: str, message: Message) -> Rejection:
    return Rejection(reason, detail, len(message.raw), message.body)

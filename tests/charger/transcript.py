"""Replays a transcript against the link in a small house; `transcripts/README.md` tells the form.

`python -m tests.charger.transcript FILE` prints a transcript with what the link does in place of what it says.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ngair.charger.effects import Effect, Pin, Publish, Subscribe, Tell
from ngair.charger.nanogrid import NanogridLink
from ngair.model.charging import ChargeBox
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerLost, ChargerSeen, Decided, TelegramReceived
from ngair.model.phases import UNKNOWN_PHASES, Phases
from ngair.model.reading import Reading
from ngair.model.rules import Fuse
from ngair.model.site import BoxInfo, Site, apply
from ngair.model.telegram import Telegram

FOLDER = Path(__file__).resolve().parent / "transcripts"
NAMES = {"{CB}": "CB00TEST01", "{OTHER}": "CB00TEST02", "{NGA}": "NG00TEST00000001"}
TICK_S = 0.5
METER_S = 10.0
READING = Reading(
    ident="XYZ5\\MADE-UP", meter_id="M1", voltage_v=(230, 231, 229.5), power_import_w=2345, power_export_w=0
)
OUTPUTS = ("sub", "pin", "<", "<r", "lost")


class Line(NamedTuple):
    """One line of a transcript."""

    at_s: float
    verb: str
    rest: str

    def __str__(self) -> str:
        text = f"{self.at_s:7.2f} {self.verb:4} {self.rest}".rstrip()
        for short, serial in NAMES.items():
            text = text.replace(serial, short)
        return text


def lines(text: str) -> Iterator[Line]:
    """The lines of a transcript, without comments."""
    for short, serial in NAMES.items():
        text = text.replace(short, serial)
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            at, verb, *rest = line.split(maxsplit=2)
            yield Line(float(at), verb, "".join(rest))


class House:
    """The link, and around it what the program does with what it tells."""

    def __init__(self, pinned: str | None) -> None:
        self.link = NanogridLink(endpoint="mqtt://192.0.2.7", port=1883, pinned=pinned)
        box = BoxInfo(serial=NAMES["{NGA}"], firmware="ngair.0.0-0-g0000000", mac="02005e005301")
        self.site = Site(box=box, fuses=(Fuse(name="main", rating_a=(25, 25, 25)),))
        self.out: list[Line] = []
        self.box: ChargeBox | None = None
        self._todo: list[tuple[float, int, Line]] = []
        self._order = count()
        self._repeated: dict[str, Line] = {}
        self._current_a: Phases | None = None

    def play(self, script: list[Line]) -> None:
        """Everything that happens in a transcript; between, a tick each half second and the site each second."""
        end_s = max(line.at_s for line in script)
        for line in script:
            if line.verb not in OUTPUTS:
                self._later(line)
        for step in range(1, int(end_s / TICK_S)):
            self._later(Line(step * TICK_S, "tick", ""))
        while self._todo and self._todo[0][0] <= end_s:
            self._do(heapq.heappop(self._todo)[2])

    def _later(self, line: Line) -> None:
        heapq.heappush(self._todo, (line.at_s, next(self._order), line))

    def _do(self, line: Line) -> None:
        at_s, verb, rest = line
        match verb:
            case "up":
                self._done(self.link.connected(at_s), at_s)
            case "down":
                self._done(self.link.disconnected(at_s), at_s)
            case ">" | ">r":
                self._receive(rest, verb == ">r", at_s)
            case "each":
                self._repeated[rest.split()[1]] = line
                self._again(line, at_s)
            case "again":
                topic = rest.split()[1]
                if topic in self._repeated and self._repeated[topic].rest == rest:
                    self._again(line, at_s)
            case "stop":
                del self._repeated[rest]
            case "meter":
                self._current_a = _phases(rest)
                self._measure(at_s)
            case "measure":
                self._measure(at_s)
            case "decide":
                self._decide(rest)
                self._follow(at_s)
            case "box":
                self._expect(msgspec.json.decode(rest), at_s)
            case "tick":
                self._done(self.link.tick(at_s), at_s)
                if at_s.is_integer():
                    self._follow(at_s)
            case "refused":
                assert self.link.rejected == msgspec.json.decode(rest), f"at {at_s}: refused {self.link.rejected}"
            case _:
                assert verb == "end", f"{verb} is not in transcripts/README.md"

    def _again(self, line: Line, at_s: float) -> None:
        period, message = line.rest.split(maxsplit=1)
        self._receive(message, False, at_s)
        self._later(Line(at_s + float(period), "again", line.rest))

    def _receive(self, message: str, retained: bool, at_s: float) -> None:
        topic, _, payload = message.partition(" ")
        self._done(self.link.receive(topic, payload.encode(), retained, at_s), at_s)

    def _measure(self, at_s: float) -> None:
        """A telegram, and the next one when it is time for it; none while the meter is off."""
        if self._current_a is None:
            return
        reading = replace(READING, current_a=self._current_a)
        if None in self._current_a:
            reading = replace(reading, power_import_w=None, power_export_w=None, voltage_v=UNKNOWN_PHASES)
        self.site = apply(self.site, TelegramReceived(Telegram("", 0, reading), at_s, int(at_s * 1000)))
        self._follow(at_s)
        self._later(Line(at_s + METER_S, "measure", ""))

    def _decide(self, rest: str) -> None:
        setpoints = []
        for word in rest.split():
            outlet, _, setpoint_a = word.partition("=")
            reason = SetpointReason(rule=Rule.FREE, text="")
            number = int(outlet)
            setpoints.append(
                Setpoint(serial=NAMES["{CB}"], outlet_id=number, setpoint_a=int(setpoint_a), reason=reason)
            )
        self.site = apply(self.site, Decided(Decision(setpoints=tuple(setpoints))))

    def _expect(self, parts: dict[str, object], at_s: float) -> None:
        for part, wanted in parts.items():
            found = msgspec.json.decode(msgspec.json.encode(self.box))
            for key in part.split("."):
                found = found[int(key) - 1] if isinstance(found, list) else found[key]
            if isinstance(wanted, str) and wanted.startswith("~"):
                assert wanted[1:] in found, f"at {at_s}: {part} is {found!r}"
            else:
                assert found == wanted, f"at {at_s}: {part} is {found!r}"

    def _follow(self, at_s: float) -> None:
        self._done(self.link.follow(self.site, at_s), at_s)

    def _done(self, effects: list[Effect], at_s: float) -> None:
        told = False
        for effect in effects:
            match effect:
                case Publish(topic, payload, retain):
                    self.out.append(Line(at_s, "<r" if retain else "<", f"{topic} {payload.decode()}"))
                case Subscribe(topics):
                    self.out += [Line(at_s, "sub", topic) for topic in topics]
                case Pin(serial):
                    self.out.append(Line(at_s, "pin", serial))
                case Tell(event):
                    told = True
                    self.site = apply(self.site, event)
                    self.box = self.site.charge_boxes[0] if self.site.charge_boxes else None
                    if isinstance(event, ChargerLost):
                        self.out.append(Line(at_s, "lost", event.serial))
                    else:
                        assert isinstance(event, ChargerSeen)
        if told:
            self._follow(at_s)


def _phases(rest: str) -> Phases | None:
    if rest == "off":
        return None
    one, two, three = (None if word == "?" else float(word) for word in rest.split())
    return (one, two, three)


def pinned(text: str) -> str | None:
    """The serial number in a first line `# pinned: …`."""
    first = text.splitlines()[0]
    name = first.removeprefix("# pinned:").strip() if first.startswith("# pinned:") else None
    return NAMES.get(name, name) if name else None


def printed(text: str) -> str:
    """A transcript with what the link does, comments in their places."""
    house = House(pinned(text))
    house.play(list(lines(text)))
    out = list(house.out)
    whole = []
    for line in text.splitlines():
        parsed = next(lines(line), None)
        if parsed and parsed.verb in OUTPUTS:
            continue
        while parsed and out and out[0].at_s < parsed.at_s:
            whole.append(str(out.pop(0)))
        whole.append(str(parsed) if parsed else line)
    return "\n".join([*whole, *map(str, out)]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed(Path(sys.argv[1]).read_text()))

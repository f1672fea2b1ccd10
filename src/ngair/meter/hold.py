"""One picture of the house from lists that come at different intervals.

Many meters send power every two seconds, currents every ten, energy every hour. A list that does not tell a value is
completed by what an earlier list of the same meter told, as long as that may be believed; then it is unknown again.
"""

from __future__ import annotations

from math import ceil

from msgspec.structs import replace

from ngair.meter.counters import Counter, EnergyUnit
from ngair.model.limits import FRESH_CADENCES, FRESH_MAX_S, FRESH_MIN_S, HELD_METER_IDS_MAX, VOLTAGE_MIN_V
from ngair.model.phases import UNKNOWN_PHASES, Phases
from ngair.model.reading import HeldCurrent, Reading
from ngair.model.telegram import Telegram

LOWEST_V = 207.0
"""Where no voltage is known: a tenth below 230 V, the least that a grid may have (EN 50160), makes the most current."""


class Holder:
    """What one meter told, and until when. A plain object: `at_s` is monotonic and an argument.

    A restart forgets it: currents and energy are unknown until their next list, and the unit of energy has to be proven
    again.
    """

    _kind: int | None
    """What each telegram so far told; `_MIXED` once they differed."""
    _every: _Kept

    def __init__(self, energy_unit_wh: int | None = None, kept_import_wh: float = 0) -> None:
        """`energy_unit_wh` is what one step of the energy registers is, where the user knows it and no list tells;
        `kept_import_wh` what was told before a restart, 0 for none."""
        self._energy_unit_wh = energy_unit_wh
        self._meter_ids: tuple[str, ...] = ()
        self._begin(kept_import_wh)

    def complete(self, telegram: Telegram, at_s: float) -> Telegram:
        """The telegram with what earlier lists told and this one does not; itself where there is nothing to add."""
        reading = telegram.reading
        if reading.meter_id not in self._meter_ids and reading.meter_id is not None:
            self._meet(reading.meter_id)
        unit_told = telegram.origin.energy_unit_told
        tells = _tells(reading)
        if unit_told and (tells == self._kind or self._kind is None):
            self._kind = tells
            self._every.put(reading, at_s)
            return telegram
        self._part()
        completed = self._completed(reading, at_s, unit_told=unit_told)
        return telegram if completed == reading else replace(telegram, reading=completed)

    def _begin(self, kept_import_wh: float = 0) -> None:
        self._kind = None
        self._every = _Kept()
        self._power = _Power()
        self._current = _Current()
        self._voltage = _Kept()
        self._direction = _Kept()
        self._unit = EnergyUnit(self._energy_unit_wh, kept_import_wh)
        self._energy_import = Counter()
        self._energy_export = Counter()

    def _meet(self, meter_id: str) -> None:
        """Another meter than before, of which nothing is known. One meter may use several names in its lists."""
        if self._meter_ids:
            self._begin()
        self._meter_ids = (*self._meter_ids, meter_id)[-HELD_METER_IDS_MAX:]

    def _part(self) -> None:
        """The lists differ: from now on each value is kept by itself, beginning with those of the lists so far."""
        if self._kind == _MIXED:
            return
        self._kind = _MIXED
        if self._every.reading is not None:
            self._completed(self._every.reading, self._every.at_s, unit_told=True)
            for kept in (*self._power.kept, self._current.kept, self._voltage, self._direction):
                kept.interval_s = self._every.interval_s

    def _completed(self, reading: Reading, at_s: float, *, unit_told: bool) -> Reading:
        marked = set(reading.estimated)
        power_import_w, power_export_w = self._power.complete(reading, at_s, marked)
        voltage_v = reading.voltage_v
        if voltage_v != UNKNOWN_PHASES:
            self._voltage.put(reading, at_s)
        elif held := self._voltage.at(at_s, "voltage_v", marked):
            voltage_v = held.voltage_v
        phase_power_w = reading.phase_power_w
        if phase_power_w != UNKNOWN_PHASES:
            self._direction.put(reading, at_s)
        elif held := self._direction.at(at_s):
            phase_power_w = held.phase_power_w
        current_a, held_current = self._current.complete(reading, at_s, self._power, voltage_v, marked)
        if held_current is not None and current_a != held_current.current_a:
            phase_power_w = _undirected(phase_power_w)
        energy_import_wh, energy_export_wh = self._energies(reading, at_s, marked, unit_told=unit_told)
        return replace(
            reading,
            power_import_w=power_import_w,
            power_export_w=power_export_w,
            current_a=current_a,
            voltage_v=voltage_v,
            energy_import_wh=energy_import_wh,
            energy_export_wh=energy_export_wh,
            phase_power_w=phase_power_w,
            estimated=(*reading.estimated, *(n for n in _NAMES if n in marked and n not in reading.estimated)),
            held_current=held_current,
        )

    def _energies(
        self, reading: Reading, at_s: float, marked: set[str], *, unit_told: bool
    ) -> tuple[float | None, float | None]:
        """The counters: what is sent, or more where more was told before or has flowed since."""
        import_w, export_w = self._power.told(reading)
        sent = (reading.energy_import_wh, reading.energy_export_wh)
        sure = unit_told
        if not unit_told:
            if self._unit.learn(sent[0], import_w, at_s):
                self._energy_import.restart()
                self._energy_export.restart()
            sent = (self._unit.scaled(sent[0]), self._unit.scaled(sent[1]))
            sure = self._unit.is_known
        told = (
            self._energy_import.complete(sent[0], import_w, at_s),
            self._energy_export.complete(sent[1], export_w, at_s),
        )
        for name, sent_wh, told_wh in zip(_ENERGIES, sent, told, strict=True):
            if told_wh is not None and (told_wh != sent_wh or not sure):
                marked.add(name)
        return told


class _Kept:
    """The last reading that told something, when, and at what interval such come."""

    __slots__ = ("at_s", "interval_s", "reading")

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self.at_s = 0.0
        self.interval_s: float | None = None

    def put(self, reading: Reading, at_s: float) -> None:
        """It was told again. An outage is no interval: it counts as the longest that may matter."""
        if self.reading is not None:
            gap_s = min(max(0.0, at_s - self.at_s), FRESH_MAX_S)
            before_s = self.interval_s
            self.interval_s = gap_s if before_s is None else before_s + (gap_s - before_s) / 4
        self.reading = reading
        self.at_s = at_s

    def at(self, at_s: float, name: str = "", marked: set[str] | None = None) -> Reading | None:
        """That reading while it may be believed: three of its own intervals, at least 15 s, at most 60 s.

        With `name`, a value that was estimated when it was told is marked as such.
        """
        reading = self.reading
        interval_s = FRESH_MAX_S if self.interval_s is None else self.interval_s
        if reading is None or at_s - self.at_s > min(max(FRESH_CADENCES * interval_s, FRESH_MIN_S), FRESH_MAX_S):
            return None
        if marked is not None and name in reading.estimated:
            marked.add(name)
        return reading


class _Power:
    """Power of all phases together.

    Where the meter nets over its phases, as the Norwegian ones do, one direction above zero says that the other is
    zero. A meter that once told both above zero in one list does not.
    """

    def __init__(self) -> None:
        self._import = _Kept()
        self._export = _Kept()
        self._nets = True

    @property
    def kept(self) -> tuple[_Kept, _Kept]:
        """What is held."""
        return self._import, self._export

    def complete(self, reading: Reading, at_s: float, marked: set[str]) -> tuple[float | None, float | None]:
        """Import and export at this moment."""
        if reading.power_import_w is not None:
            self._import.put(reading, at_s)
        if reading.power_export_w is not None:
            self._export.put(reading, at_s)
        if reading.power_import_w and reading.power_export_w:
            self._nets = False
        import_w, export_w = self.told(reading)
        silent = reading.power_import_w is None and reading.power_export_w is None
        if import_w is None and (held := self._import.at(at_s, "power_import_w", marked)):
            import_w = held.power_import_w
        if export_w is None and (held := self._export.at(at_s, "power_export_w", marked)):
            export_w = held.power_export_w
        if not silent:
            if import_w != reading.power_import_w:
                marked.add("power_import_w")
            if export_w != reading.power_export_w:
                marked.add("power_export_w")
        return import_w, export_w

    def told(self, reading: Reading) -> tuple[float | None, float | None]:
        """What a list says of both directions, by itself."""
        import_w, export_w = reading.power_import_w, reading.power_export_w
        if export_w is None and import_w and self._nets and self._export.reading is not None:
            return import_w, 0
        if import_w is None and export_w and self._nets and self._import.reading is not None:
            return 0, export_w
        return import_w, export_w

    def most_w(self, reading: Reading) -> float | None:
        """The most that import less export can be by what a list says; `None` where it does not say."""
        import_w, export_w = reading.power_import_w, reading.power_export_w
        if import_w is None:
            return None
        if export_w is None:
            return import_w if import_w > 0 or self._export.reading is None else None
        return import_w - export_w


class _Current:
    """Currents, and how power moved since they were measured."""

    def __init__(self) -> None:
        self.kept = _Kept()
        self._power_w: float | None = None
        """The last known."""
        self._power_at_s = 0.0
        self._measured_at_w: float | None = None
        """Power when the currents were measured."""
        self._change_w: float | None = None
        self._rise_w = 0.0
        """The most by which power was above that since."""
        self._told_a: Phases = UNKNOWN_PHASES
        """Measured, or the most that was told since: a voltage that is told or lost later lowers none."""
        self._comparable = True

    def complete(
        self, reading: Reading, at_s: float, power: _Power, voltage_v: Phases, marked: set[str]
    ) -> tuple[Phases, HeldCurrent | None]:
        """The currents at this moment; where they are held, raised by what power rose since, as if on every phase."""
        power_w = power.most_w(reading)
        if power_w is not None:
            self._power_w, self._power_at_s = power_w, at_s
        if reading.current_a != UNKNOWN_PHASES:
            self.kept.put(reading, at_s)
            self._measured_at_w = self._power_w if at_s - self._power_at_s <= FRESH_MAX_S else None
            self._change_w, self._rise_w, self._comparable = None, 0.0, True
            self._told_a = reading.current_a
            return reading.current_a, None
        self._compare(reading, power_w)
        measured = self.kept.at(at_s, "current_a", marked) if self._comparable else None
        if measured is None:
            return UNKNOWN_PHASES, None
        held = HeldCurrent(at_s - self.kept.at_s, measured.current_a, self._change_w)
        if self._rise_w > 0:
            marked.add("current_a")
            self._told_a = _highest(self._told_a, _raised(measured.current_a, self._rise_w, voltage_v))
        return self._told_a, held

    def _compare(self, reading: Reading, power_w: float | None) -> None:
        """Whether power rose, by a list without currents.

        One that says only that nothing is taken raises nothing: while the house as a whole takes nothing, a phase
        draws at most what the others give, and the currents are no older than those of meters that send nothing
        between. Where power is told and cannot be compared, the currents are not believed until they are measured
        again.
        """
        if power_w is not None and self._measured_at_w is not None:
            self._change_w = power_w - self._measured_at_w
            self._rise_w = max(self._rise_w, self._change_w)
        elif reading.power_import_w or (reading.power_import_w is None and reading.power_export_w is not None):
            self._comparable = False
        else:
            self._change_w = None


def _raised(current_a: Phases, rise_w: float, voltage_v: Phases) -> Phases:
    """Currents after a rise of power: the worst case, all of it on that phase, up to the next hundredth."""
    connected_v = [voltage for voltage in voltage_v if voltage is not None and voltage >= VOLTAGE_MIN_V]
    lowest_v = min(connected_v, default=LOWEST_V)
    one, two, three = (
        None if current is None else round(current + ceil(100 * rise_w / (_connected(voltage) or lowest_v)) / 100, 6)
        for current, voltage in zip(current_a, voltage_v, strict=True)
    )
    return (one, two, three)


def _highest(before_a: Phases, now_a: Phases) -> Phases:
    one, two, three = (
        None if before is None or now is None else max(before, now) for before, now in zip(before_a, now_a, strict=True)
    )
    return (one, two, three)


def _connected(voltage_v: float | None) -> float | None:
    return voltage_v if voltage_v is not None and voltage_v >= VOLTAGE_MIN_V else None


def _undirected(phase_power_w: Phases) -> Phases:
    """Phase powers of which no longer tells that a phase gives: what rose may have turned it."""
    one, two, three = (None if power is not None and power < 0 else power for power in phase_power_w)
    return (one, two, three)


def _tells(reading: Reading) -> int:
    """Which values a list tells, a bit each."""
    return (
        (reading.power_import_w is not None)
        | (reading.power_export_w is not None) << 1
        | (reading.current_a != UNKNOWN_PHASES) << 2
        | (reading.voltage_v != UNKNOWN_PHASES) << 3
        | (reading.phase_power_w != UNKNOWN_PHASES) << 4
        | (reading.energy_import_wh is not None) << 5
        | (reading.energy_export_wh is not None) << 6
    )


_MIXED = -1
_ENERGIES = ("energy_import_wh", "energy_export_wh")
_NAMES = ("power_import_w", "power_export_w", "current_a", "voltage_v", *_ENERGIES)

"""Whatever is sent, in whatever order and at whatever times."""

from __future__ import annotations

import heapq
from itertools import count

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.charger.effects import Publish
from ngair.charger.rotation import ROTATIONS, rotated
from ngair.model.charging import OutletState
from ngair.model.events import Decided, TelegramReceived
from ngair.model.limits import STRANGERS_MAX
from ngair.model.reading import Reading
from ngair.model.telegram import Telegram
from tests.charger.watch import Watch

CB, OTHER = "CB00TEST01", "CB00TEST02"
CLIENT = f"ctek/ng-v2/client/{CB}"
CONTROL = f"ctek/ng-v2/controller/{CB}/1/current"

topics = st.sampled_from(
    [
        *(f"ctek/ng-v2/client/{serial}/configuration" for serial in (CB, CB, OTHER, "x", "+", "#")),
        *(f"{CLIENT}/{outlet}/{kind}" for outlet in "123" for kind in ("configuration", "update", "update", "info")),
        *(f"ctek/ng-v2/controller/{serial}/{outlet}/current" for serial in (CB, OTHER) for outlet in "12"),
        "ctek/ng-v2/debug",
    ]
)
numbers = st.integers(-2, 100) | st.sampled_from([0, 1, 2, 6, 8, 16, 32, 1e6, -1e-9, 6.5, 1e308])
flags = st.sampled_from([True, False, 0, 1, 1.0, 2, None])
three = st.lists(numbers, min_size=2, max_size=4) | st.lists(numbers, min_size=3, max_size=3)
documents = st.fixed_dictionaries(
    {},
    optional={
        "FW": st.text(max_size=100) | st.just("r3"),
        "StationPhaseRotation": st.sampled_from([*ROTATIONS, "", "rst", "XYZ"]),
        "FuseRating": numbers,
        "MinAllowedCurrent": numbers,
        "PhaseConnected": st.lists(flags, min_size=3, max_size=3),
        "State": numbers,
        "EvUsesPhase": st.lists(flags, min_size=3, max_size=3),
        "Current": three,
        "energy": numbers,
        "power": numbers,
    },
)
sane = st.fixed_dictionaries(
    {
        "FW": st.just("r3"),
        "FuseRating": st.integers(6, 40),
        "State": st.integers(0, 10),
        "Current": st.lists(st.integers(0, 32), min_size=3, max_size=3),
    }
)
payloads = (
    (documents | sane | numbers).map(msgspec.json.encode)
    | st.integers(0, 20).map(lambda value: b"%d" % value)
    | st.binary(max_size=30)
    | st.just(b'{"x":' + b"[" * 2000)
    | st.just(b"[" * 5000)
)
messages = st.tuples(topics | st.text(max_size=300), payloads, st.booleans())
setpoints = st.none() | st.integers(-5, 100)
currents = st.none() | st.floats(0, 1000)
steps = st.tuples(
    st.sampled_from([0, 0, 0.01, 0.2, 1, 5, 13, 31, -1, 1e5]),
    st.one_of(
        messages,
        messages,
        st.tuples(setpoints, setpoints),
        st.tuples(currents, currents, currents).map(lambda a: Reading(ident="XYZ5", current_a=a)),
        st.sampled_from(["up", "up", "down", "tick", "flood"]),
    ),
)


@given(script=st.lists(steps, max_size=60), pinned=st.sampled_from([None, CB]))
def test_nothing_raises_and_what_is_sent_is_legal(script: list[tuple[float, object]], pinned: str | None) -> None:
    watch = Watch(pinned)
    for wait_s, what in script:
        watch.now_s = max(0.0, watch.now_s + wait_s)
        match what:
            case (str() as topic, bytes() as payload, bool() as retained):
                watch.receive(topic, payload, retained)
            case (one, two):
                assert one is None or isinstance(one, int)
                assert two is None or isinstance(two, int)
                watch.decide(one, two)
            case Reading() as reading:
                watch.happen(TelegramReceived(Telegram("", 0, reading), watch.now_s, 0))
            case "up":
                watch.up()
            case "down":
                watch.down()
            case "flood":
                for value in range(30):
                    watch.receive(CONTROL, b"%d" % value, False)
                    watch.receive(f"{CLIENT}/1/update", b'{"State":2,"Current":[1,2,%d]}' % value, False)
            case _:
                watch.tick()


def steered(setpoint_a: int) -> Watch:
    """A link that has sent this setpoint to the first outlet."""
    watch = Watch()
    watch.up()
    watch.receive(f"ctek/ng-v2/client/{CB}/configuration", b'{"FW":"r3","StationPhaseRotation":"RST"}', True)
    watch.receive(f"{CLIENT}/1/configuration", b'{"FuseRating":16,"MinAllowedCurrent":6}', True)
    watch.now_s = 1.0
    watch.receive(f"{CLIENT}/1/update", b'{"State":2,"Current":[0,0,0]}', False)
    watch.decide(setpoint_a)
    return watch


foreign = st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.9, 2, 6]), st.sampled_from([6, 8, 10, 12, 16, 32, 0]))
decided = st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.9, 2, 6]), st.sampled_from([0, 6, 8, 10, 12, 16]))
legal = st.sampled_from([0, 6, 8, 10, 12, 16])


class Broker:
    """The broker's end of the control topic: what the outlet goes by, and when the link hears of it."""

    def __init__(self, watch: Watch, delay_s: float, echoes: list[bool]) -> None:
        self.watch = watch
        self.value_a = 0
        self._delay_s = delay_s
        self._echoes = echoes
        self._heard: list[tuple[float, int, int]] = []
        self._order = count()
        self._seen = 0

    def say(self, value_a: int) -> None:
        """Somebody else sends a setpoint, and the link will hear it."""
        self.value_a = value_a
        self._tell(value_a)

    def run(self, until_s: float) -> None:
        """Time passes, with what the link hears in it, and its ticks."""
        while True:
            self._take()
            tick_s = (int(self.watch.now_s * 4) + 1) / 4
            heard_s = self._heard[0][0] if self._heard else tick_s
            if min(tick_s, heard_s) > until_s:
                break
            self.watch.now_s = max(self.watch.now_s, min(tick_s, heard_s))
            if heard_s <= tick_s and self._heard:
                self.watch.receive(CONTROL, b"%d" % heapq.heappop(self._heard)[2], False)
            else:
                self.watch.tick()
                self.watch.happen(Decided(self.watch.site.decision))
        self.watch.now_s = until_s

    def _take(self) -> None:
        """What the link has sent reaches the outlet, and perhaps comes back."""
        for _, message in self.watch.published[self._seen :]:
            if message.topic == CONTROL:
                self.value_a = int(message.payload)
                if self._echoes and self._echoes[next(self._order) % len(self._echoes)]:
                    self._tell(self.value_a)
        self._seen = len(self.watch.published)

    def _tell(self, value_a: int) -> None:
        heapq.heappush(self._heard, (self.watch.now_s + self._delay_s, next(self._order), value_a))


@example(first_a=6, events=[(False, (0.0, 8)), (True, (0.0, 8)), (False, (0.0, 6))], delay_s=0.0, echoes=[])
@example(
    first_a=0,
    events=[(False, (0.0, 6)), (True, (2, 8)), (True, (0.0, 0)), (False, (0.05, 6)), (False, (0.0, 0))],
    delay_s=0.02,
    echoes=[False, True, False],
)
@example(first_a=8, events=[(False, (2, 6)), (True, (0.0, 0)), (True, (0.0, 8))], delay_s=0.0, echoes=[])
@example(
    first_a=6,
    events=[(False, (0.0, 0)), (False, (0.0, 6)), (True, (0.0, 6)), (False, (0.0, 0))],
    delay_s=0.0,
    echoes=[],
)
@given(
    first_a=legal,
    events=st.lists(st.tuples(st.booleans(), foreign | decided), max_size=25),
    delay_s=st.sampled_from([0.0, 0.02, 0.3]),
    echoes=st.lists(st.booleans(), max_size=7),
)
def test_no_outlet_stays_above_what_was_decided(
    first_a: int, events: list[tuple[bool, tuple[float, int]]], delay_s: float, echoes: list[bool]
) -> None:
    """Whatever others send, and however many of our own messages come back."""
    watch = steered(first_a)
    broker = Broker(watch, delay_s, echoes)
    for is_foreign, (wait_s, value_a) in events:
        broker.run(watch.now_s + wait_s)
        if is_foreign:
            broker.say(value_a)
        else:
            if value_a != 32:
                first_a = value_a
            watch.decide(first_a)
    broker.run(watch.now_s + 6)
    assert broker.value_a <= first_a


@given(waits=st.lists(st.floats(0.1, 29), min_size=1, max_size=8), value_a=st.sampled_from([0, 6, 7, 9]))
def test_a_lower_setpoint_of_others_is_left_alone_while_it_is_repeated(waits: list[float], value_a: int) -> None:
    watch = steered(10)
    broker = Broker(watch, 0, [True])
    broker.run(8)
    sent = len(watch.published)
    for wait_s in waits:
        # The charger is there all along: what others sent is forgotten with a charger that is silent.
        watch.receive(f"{CLIENT}/1/update", b'{"State":2,"Current":[0,0,0]}', False)
        broker.say(value_a)
        broker.run(watch.now_s + wait_s)
        assert watch.box is not None
        assert watch.box.outlets[0].foreign_a == value_a
    assert broker.value_a == value_a
    assert not [message for _, message in watch.published[sent:] if message.topic == CONTROL]
    broker.run(watch.now_s + 31)
    assert broker.value_a == 10


@given(values=st.lists(st.tuples(st.floats(0, 3), st.sampled_from([12, 16, 32])), min_size=1, max_size=30))
def test_others_are_never_answered_faster_than_they_speak(values: list[tuple[float, int]]) -> None:
    watch = steered(10)
    broker = Broker(watch, 0, [True])
    broker.run(8)
    sent, began_s = len(watch.published), watch.now_s
    for wait_s, value_a in values:
        broker.say(value_a)
        broker.run(watch.now_s + wait_s)
    answers = [at_s for at_s, message in watch.published[sent:] if message.topic == CONTROL]
    repeats = (watch.now_s - began_s + 13) // 13
    assert len(answers) <= len(values) + repeats
    assert all(later - earlier >= 1 for earlier, later in zip(answers, answers[2:], strict=False))


@given(rotation=st.sampled_from(list(ROTATIONS)), values=st.permutations([1, 2, 3]))
def test_rotations_go_both_ways(rotation: str, values: list[int]) -> None:
    one, two, three = values
    charger = (one, two, three)
    house = rotated(charger, rotation)
    assert rotated(house, rotation, to_charger=True) == charger
    for terminal, letter in enumerate(rotation):
        assert house["RST".index(letter)] == charger[terminal]


def test_no_two_rotations_are_the_same() -> None:
    assert len({rotated((1, 2, 3), rotation) for rotation in ROTATIONS}) == 6


def test_a_link_forgets_nothing_that_it_need_not_keep() -> None:
    """Nothing that a charger or a stranger sends makes a link grow."""
    watch = steered(10)
    sizes = set()
    for turn in range(3):
        for number in range(300):
            watch.now_s += 0.01
            serial = f"CB{turn:02d}{number:06d}"
            watch.receive(f"ctek/ng-v2/client/{serial}/configuration", b'{"FW":"r3"}', True)
            watch.receive(f"{CLIENT}/1/configuration", b'{"FW":"%d"}' % number, True)
            watch.receive(f"{serial}/{number}", b"1", False)
            watch.receive(CONTROL, b"%d" % (number % 40), False)
        assert watch.box is not None
        assert f"and {STRANGERS_MAX - 1} more" in watch.box.notice
        sizes.add((len(watch.box.notice), len(watch.link.rejected)))
    assert len(sizes) == 1


def test_without_a_newer_site_nothing_above_the_fallback_is_sent() -> None:
    """Nobody decides any more: what was decided for another world does not hold."""
    watch = steered(16)
    watch.now_s += 15.5
    watch.tick()
    watch.now_s += 13
    watch.tick()
    sent = [message for _, message in watch.published if message.topic == CONTROL]
    assert sent == [Publish(CONTROL, b"16"), Publish(CONTROL, b"6"), Publish(CONTROL, b"6")]


def test_a_decision_of_before_the_connection_is_not_sent() -> None:
    """The site still holds the box as it was told before: the decision may be about that."""
    watch = steered(16)
    old = watch.site
    watch.down()
    watch.now_s = 10
    watch.up()
    before = len(watch.published)
    watch.link.receive(f"{CLIENT}/1/update", b'{"State":2,"Current":[0,0,0]}', False, 10.5)
    effects = watch.link.follow(old, 10.6)
    assert not [effect for effect in effects if isinstance(effect, Publish) and effect.topic == CONTROL]
    watch.now_s = 11
    watch.receive(f"{CLIENT}/1/update", b'{"State":2,"Current":[0,0,0]}', False)
    assert [message for _, message in watch.published[before:] if message.topic == CONTROL] == [Publish(CONTROL, b"16")]


def test_a_lost_box_shows_as_the_site_has_it() -> None:
    """What the link takes for told last is what the site makes of the loss, or it would be told again."""
    watch = steered(10)
    watch.down()
    assert watch.box is not None
    assert not watch.box.connected
    assert watch.box.outlets[0].state is OutletState.UNAVAILABLE

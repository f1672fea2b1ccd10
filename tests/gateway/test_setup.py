"""Setup mode over a radio: what is done to it, what is told, and that nothing which fails stops it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from ngair.api.setup import JoinRequest
from ngair.gateway.ports import LinkError, SetupRefusedError
from ngair.gateway.setup import NETWORK, Networking
from ngair.model.limits import (
    JOIN_MAX_S,
    REJOIN_FIRST_S,
    SCAN_FRESH_S,
    SCAN_WAIT_S,
    SETUP_IDLE_S,
    UNCONFIGURED_S,
    WIFI_CALL_MAX_S,
    WIFI_LOOK_S,
)
from ngair.model.network import NetworkStatus, SetupReason, Wifi
from tests.contracts.virtual_time import in_no_time
from tests.gateway.house import MemoryStore
from tests.gateway.scripted_radio import HOME, LOST, NO_MANAGER, NOTHING, POINT, ScriptedRadio

WORKED = msgspec.json.encode({"wifi_worked": True, "wired_worked": False})
RIGHT = JoinRequest(ssid="home", wifi_password="correct horse", password="battery staple")
WRONG = JoinRequest(ssid="home", wifi_password="wrong horse", password="battery staple")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's own time would overtake threads."""

    async def to_thread(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)


class LoopClock:
    """The time of the loop that runs."""

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    def wall_s(self) -> float:
        return 1.7e9 + self.monotonic_s()


class Keeper:
    """Keeps a password."""

    def __init__(self) -> None:
        self.password: str | None = None
        self.by_another_program: str | None = None
        self.fault: OSError | None = None

    @property
    def is_set(self) -> bool:
        return self.password is not None

    async def look(self) -> None:
        self.password = self.password or self.by_another_program

    async def set(self, password: str) -> None:
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        if len(password) < 8:
            raise ValueError("A password has 8 characters.")
        self.password = password


class Box:
    """A box with a scripted radio."""

    def __init__(
        self, radio: ScriptedRadio, begin: SetupReason = "", store: MemoryStore | None = None, key: str | None = None
    ) -> None:
        self.radio = radio
        self.passwords = Keeper()
        self.told: list[NetworkStatus] = []
        self.pressed = False
        self.store = store or MemoryStore()
        self.networking = Networking(
            radio,
            LoopClock(),
            self.store,
            self.passwords,
            self.told.append,
            serial="ABCDEFGHIJKLWXYZ",
            key=key,
            begin=begin,
        )

    async def until(self, condition: Callable[[], object], within_s: float = 3000.0) -> None:
        """Wait for something in the loop's own time."""
        end_s = asyncio.get_running_loop().time() + within_s
        while not condition():
            assert asyncio.get_running_loop().time() < end_s, (self.networking.document(), self.radio.calls)
            await asyncio.sleep(0.25)

    async def until_state(self, state: str) -> None:
        await self.until(lambda: self.networking.document().state == state)

    async def refused(self, wanted: JoinRequest) -> int:
        with pytest.raises(SetupRefusedError) as caught:
            await self.networking.join(wanted)
        return caught.value.status

    def press(self) -> bool:
        was, self.pressed = self.pressed, False
        return was


def living(box: Callable[[], Box], story: Callable[[Box], Awaitable[None]]) -> Box:
    """A box that lives through a story."""

    async def life() -> Box:
        one = box()
        running = asyncio.ensure_future(one.networking.run(one.press))
        try:
            await story(one)
            assert not running.done(), running
        finally:
            running.cancel()
            await asyncio.wait({running})
        return one

    return in_no_time(life())


def setting_up(story: Callable[[Box], Awaitable[None]], **how: Any) -> Box:
    """A box with one radio unless `both`, in setup mode by `begin`, that lives through a story."""
    both, wifi = how.pop("both", False), how.pop("wifi", NOTHING)

    return living(
        lambda: Box(ScriptedRadio(wifi, both=both), **{"begin": "start", **how}), lambda box: _when_open(box, story)
    )


async def _when_open(box: Box, story: Callable[[Box], Awaitable[None]]) -> None:
    await box.until_state("open")
    await story(box)


class TestList:
    def test_networks_are_listed_by_strength_each_once_without_hidden_ones_and_ourselves(self) -> None:
        async def story(box: Box) -> None:
            found = await box.networking.networks()
            assert found.ssid_string == ("home", '"\\xff\\\n', "office", "far")
            assert [one.strength for one in box.networking.document().networks] == [80, 50, 40, 10]

        setting_up(story)

    def test_each_asking_scans_unless_that_was_a_moment_ago(self) -> None:
        async def story(box: Box) -> None:
            await asyncio.sleep(SCAN_FRESH_S + 1)
            before = box.radio.scans
            for _ in range(3):
                await box.networking.networks()
            assert box.radio.scans == before + 1
            await asyncio.sleep(SCAN_FRESH_S + 1)
            await asyncio.gather(*(box.networking.networks() for _ in range(9)))
            assert box.radio.scans == before + 2

        setting_up(story, both=True)

    def test_a_radio_that_is_an_access_point_shows_what_was_seen_before(self) -> None:
        async def story(box: Box) -> None:
            await asyncio.sleep(SCAN_FRESH_S + 1)
            assert "home" in (await box.networking.networks()).ssid_string

        setting_up(story, both=False)

    @pytest.mark.parametrize("how", ["hanging", "failing", "broken"])
    def test_a_scan_that_comes_to_nothing_is_waited_for_a_few_seconds_only(self, how: str) -> None:
        async def story(box: Box) -> None:
            await asyncio.sleep(SCAN_FRESH_S + 1)
            if how == "hanging":
                box.radio.hanging.add("networks")
            else:
                box.radio.faults["networks"] = LinkError("No.") if how == "failing" else RuntimeError("oh")
            began_s = asyncio.get_running_loop().time()
            assert "home" in (await box.networking.networks()).ssid_string
            assert asyncio.get_running_loop().time() - began_s <= SCAN_WAIT_S
            box.radio.hanging.clear()
            box.radio.faults.clear()
            box.radio.in_reach = box.radio.in_reach[:1]
            await asyncio.sleep(WIFI_CALL_MAX_S + 1)
            assert (await box.networking.networks()).ssid_string == ("far",)

        setting_up(story, both=True)


class TestJoining:
    def test_one_radio_leaves_joins_and_comes_back_to_tell(self) -> None:
        async def story(box: Box) -> None:
            await box.networking.join(RIGHT)
            assert box.networking.document().state == "joining"
            await box.until_state("telling")
            await box.until(lambda: box.networking.address)
            document = box.networking.document()
            assert document.joined is not None
            assert (document.joined.ssid, document.joined.addresses) == ("home", ("10.0.0.7",))
            assert document.joined.host_name == "ctek-ng-air.local"
            box.networking.done()
            await box.until(lambda: box.radio.acts()[-1] == "rejoin")
            assert box.radio.acts()[-5:] == ["close", "join", "open", "close", "rejoin"]
            await box.until(lambda: box.told[-1].wifi.connected)
            assert not box.networking.is_on

        box = setting_up(story)
        assert box.passwords.password == "battery staple"

    def test_a_second_radio_joins_beside_the_access_point(self) -> None:
        async def story(box: Box) -> None:
            await box.networking.join(RIGHT)
            await box.until_state("telling")
            box.networking.done()
            await box.until(lambda: not box.radio.is_open)
            assert box.radio.acts() == ["open", "join", "close"]

        setting_up(story, both=True)

    def test_a_wrong_password_brings_it_back_with_the_reason_and_the_box_keeps_its_own(self) -> None:
        async def story(box: Box) -> None:
            await box.networking.join(WRONG)
            await box.until_state("open")
            error = box.networking.document().error
            assert error is not None
            assert (error.failure, error.ssid) == ("wrong password", "home")
            assert box.radio.is_open
            assert box.passwords.is_set
            box.passwords.password = "battery staple"
            await box.networking.join(msgspec.structs.replace(RIGHT, password=None))
            await box.until_state("telling")
            assert box.networking.document().error is None

        setting_up(story)

    def test_names_that_are_no_text_are_joined_by_their_bytes(self) -> None:
        async def story(box: Box) -> None:
            await box.networking.join(JoinRequest(ssid='"\\xff\\\n', password="battery staple"))
            await box.until_state("telling")
            assert box.radio.keys_tried == [(b'"\xff\\\n', None)]

        setting_up(story)

    def test_a_join_that_never_answers_ends(self) -> None:
        async def story(box: Box) -> None:
            box.radio.hanging.add("join")
            await box.networking.join(RIGHT)
            began_s = asyncio.get_running_loop().time()
            await box.until_state("open")
            assert asyncio.get_running_loop().time() - began_s < JOIN_MAX_S + 10
            error = box.networking.document().error
            assert error is not None
            assert error.failure == "failed"

        setting_up(story)

    def test_one_join_at_a_time_and_none_without_setup_mode(self) -> None:
        async def story(box: Box) -> None:
            await box.networking.join(RIGHT)
            assert await box.refused(RIGHT) == 409
            await box.until_state("telling")
            box.networking.stop()
            assert await box.refused(RIGHT) == 409

        setting_up(story)

    def test_two_at_once_are_one(self) -> None:
        async def story(box: Box) -> None:
            results = await asyncio.gather(
                box.networking.join(RIGHT),
                box.networking.join(msgspec.structs.replace(RIGHT, password="of a burglar")),
                return_exceptions=True,
            )
            assert [type(result) for result in results] == [type(None), SetupRefusedError]
            assert box.passwords.password == "battery staple", "who comes second changes nothing"

        setting_up(story)

    @pytest.mark.parametrize(
        "wanted",
        [
            msgspec.structs.replace(RIGHT, password=None),
            msgspec.structs.replace(RIGHT, password="short"),
            msgspec.structs.replace(RIGHT, wifi_password=None),
            msgspec.structs.replace(RIGHT, wifi_password="short"),
            msgspec.structs.replace(RIGHT, ssid="office"),
            msgspec.structs.replace(RIGHT, ssid="x" * 33),
            msgspec.structs.replace(RIGHT, ssid="\\xff" * 33),
            msgspec.structs.replace(RIGHT, ssid="\ud800"),
        ],
    )
    def test_what_cannot_be_is_refused_before_anything_happens(self, wanted: JoinRequest) -> None:
        async def story(box: Box) -> None:
            await box.networking.networks()
            before = box.radio.acts()
            assert await box.refused(wanted) == 422
            await asyncio.sleep(30)
            assert box.radio.acts() == before
            assert not box.passwords.is_set

        setting_up(story)

    def test_a_password_that_cannot_be_kept_stops_it(self) -> None:
        async def story(box: Box) -> None:
            box.passwords.fault = OSError(28, "No space left on device")
            assert await box.refused(RIGHT) == 507
            assert box.networking.document().state == "open"

        setting_up(story)


def test_a_bus_that_is_not_there_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    radio = ScriptedRadio()
    radio.faults = dict.fromkeys(("wifi", "close"), LinkError("there is no message bus here"))

    async def story(box: Box) -> None:
        await asyncio.sleep(3600)
        assert box.told[-1].detail == "there is no message bus here"

    with caplog.at_level(logging.INFO):
        living(lambda: Box(radio), story)
    assert radio.calls.count("close") > 5
    told = [record.getMessage() for record in caplog.records if "no message bus" in record.getMessage()]
    assert told.count("setup mode and network: there is no message bus here") == 1
    assert len(told) <= 2


class TestPassword:
    @pytest.mark.parametrize(("reason", "may"), [("page", False), ("button", True), ("start", True)])
    def test_a_box_with_a_password_gets_another_only_at_the_box(self, reason: SetupReason, may: bool) -> None:
        async def story(box: Box) -> None:
            box.passwords.password = "the old one"
            assert box.networking.document().password_may_be_set is may
            if may:
                await box.networking.join(RIGHT)
            else:
                assert await box.refused(RIGHT) == 403
                await box.networking.join(msgspec.structs.replace(RIGHT, password=None))
            assert (box.passwords.password == "battery staple") is may

        setting_up(story, begin=reason)

    def test_one_that_was_set_by_another_program_meanwhile_counts(self) -> None:
        async def story(box: Box) -> None:
            box.passwords.by_another_program = "the owner's own"
            assert await box.refused(RIGHT) == 403
            assert box.passwords.password == "the owner's own"

        living_new = living(lambda: Box(ScriptedRadio()), lambda box: _when_open(box, story))
        assert living_new.radio.keys_tried == []

    def test_the_access_points_own_password_is_nowhere_shown(self, caplog: pytest.LogCaptureFixture) -> None:
        async def story(box: Box) -> None:
            await box.networking.join(RIGHT)
            await box.until_state("telling")
            shown = caplog.text + repr(box.told) + repr(box.networking.document())
            assert not any(secret in shown for secret in ("point's own", "correct horse", "battery"))

        with caplog.at_level(logging.DEBUG):
            setting_up(story, key="point's own")
        assert "joined home: 10.0.0.7" in caplog.text


class TestLife:
    def test_a_new_box_opens_its_access_point_and_closes_it_when_it_stops(self) -> None:
        async def story(box: Box) -> None:
            await box.until_state("open")
            assert asyncio.get_running_loop().time() >= UNCONFIGURED_S
            assert box.networking.address == POINT
            assert box.told[-1].setup == "open"

        box = living(lambda: Box(ScriptedRadio()), story)
        assert not box.radio.is_open
        assert box.radio.closed

    def test_that_a_network_worked_is_remembered(self) -> None:
        async def story(box: Box) -> None:
            await box.until(lambda: NETWORK in box.store.files)

        box = living(lambda: Box(ScriptedRadio(HOME)), story)
        assert msgspec.json.decode(box.store.files[NETWORK]) == {"wifi_worked": True, "wired_worked": False}

    @pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"wifi_worked": 7}', b"\xff"])
    def test_a_damaged_memory_is_none(self, kept: bytes) -> None:
        async def story(box: Box) -> None:
            await box.until_state("open")

        living(lambda: Box(ScriptedRadio(), store=MemoryStore(network_json=kept)), story)

    def test_a_lost_network_is_joined_again(self) -> None:
        async def story(box: Box) -> None:
            await box.until(lambda: box.told and box.told[-1].wifi.connected)
            box.radio.become(LOST)
            await box.until(lambda: not box.told[-1].wifi.connected)
            assert "tries again" in box.told[-1].detail
            await box.until(lambda: box.told[-1].wifi.connected, REJOIN_FIRST_S + 3 * WIFI_LOOK_S)
            assert box.told[-1].detail == ""
            assert "open" not in box.radio.calls

        living(lambda: Box(ScriptedRadio(HOME)), story)

    def test_the_strength_is_never_older_than_ten_seconds(self) -> None:
        async def story(box: Box) -> None:
            for rssi_dbm in (-50, -60, -70):
                box.radio.now = msgspec.structs.replace(HOME, rssi_dbm=rssi_dbm)  # nothing tells of it
                await asyncio.sleep(WIFI_LOOK_S + 1)
                assert box.told[-1].wifi.rssi_dbm == rssi_dbm

        living(lambda: Box(ScriptedRadio(HOME)), story)

    def test_the_button_begins_it_and_idle_it_ends_in_the_network(self) -> None:
        async def story(box: Box) -> None:
            await asyncio.sleep(5)
            box.pressed = True
            await box.until_state("open")
            assert box.networking.document().reason == "button"
            await asyncio.sleep(SETUP_IDLE_S / 2)
            box.networking.heard(told=True)
            await asyncio.sleep(SETUP_IDLE_S - 60)
            assert 0 < (box.networking.document().closes_in_s or 0) <= 60
            await box.until(lambda: box.told[-1].wifi.connected, 90)
            assert box.networking.document().state == "off"

        living(lambda: Box(ScriptedRadio(HOME)), story)

    def test_without_a_network_there_is_nothing_to_be_done_with(self) -> None:
        async def story(box: Box) -> None:
            with pytest.raises(SetupRefusedError):
                box.networking.done()

        setting_up(story)


class TestTroubles:
    @pytest.mark.parametrize("both", [False, True])
    def test_an_access_point_that_went_away_is_opened_again(self, both: bool) -> None:
        async def story(box: Box) -> None:
            for _ in range(3):
                box.radio.is_open = False
                box.radio.become(box.radio.now)
                await box.until(lambda: box.radio.is_open, 60)
            await asyncio.sleep(600)
            assert box.radio.acts() == ["open"] * 4

        setting_up(story, both=both)

    def test_an_access_point_that_cannot_be_opened_is_told_and_tried_again(self) -> None:
        async def story(box: Box) -> None:
            box.radio.faults["open"] = LinkError("The driver knows no access points.")
            await box.until(lambda: box.radio.calls.count("open") >= 4)
            assert box.told[-1].setup == "opening"
            assert box.told[-1].detail == "The driver knows no access points."
            box.radio.faults.clear()
            await box.until_state("open")

        living(lambda: Box(ScriptedRadio(), "start"), story)

    @pytest.mark.parametrize("fault", [NO_MANAGER, RuntimeError("never thought of")])
    def test_nobody_who_looks_after_the_radio_is_told_and_waited_for(self, fault: Exception) -> None:
        async def story(box: Box) -> None:
            calls = ("wifi", "networks", "open", "close", "join", "rejoin")
            box.radio.faults = dict.fromkeys(calls, fault)
            await asyncio.sleep(3600)
            assert box.told[-1].managed
            assert box.told[-1].wifi == Wifi()
            assert box.told[-1].detail
            box.radio.faults.clear()
            await box.until_state("open")

        living(lambda: Box(ScriptedRadio()), story)

    def test_a_radio_that_hangs_for_a_while_holds_nobody_up(self) -> None:
        async def story(box: Box) -> None:
            box.radio.hanging = {"wifi", "networks", "open", "close"}
            await asyncio.sleep(600)
            assert "did not answer" in box.told[-1].detail
            assert (await box.networking.networks()).ssid_string == ()
            box.radio.hanging.clear()
            await box.until_state("open")

        living(lambda: Box(ScriptedRadio()), story)

    def test_a_full_disk_stops_nothing(self) -> None:
        async def story(box: Box) -> None:
            box.store.full = True
            box.radio.become(HOME)
            await asyncio.sleep(600)
            assert box.told[-1].wifi.connected

        living(lambda: Box(ScriptedRadio()), story)

    def test_a_fault_of_our_own_is_told_as_it_is_and_can_be_begun_anew_after(self) -> None:
        async def life() -> None:
            box = Box(ScriptedRadio(), "start")

            def broken() -> bool:
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await box.networking.run(broken)
            running = asyncio.ensure_future(box.networking.run())
            await box.until(lambda: box.radio.is_open)
            running.cancel()
            await asyncio.wait({running})

        in_no_time(life())

    def test_begun_anew_by_its_supervisor_it_goes_on(self) -> None:
        async def life() -> None:
            box = Box(ScriptedRadio(), "start")
            for _ in range(2):
                running = asyncio.ensure_future(box.networking.run())
                await box.until(lambda: box.radio.is_open)
                running.cancel()
                await asyncio.wait({running})
            assert box.radio.acts().count("open") == 2

        in_no_time(life())

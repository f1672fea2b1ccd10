"""Sites in every state that a house can be in, made the way the program makes them: by events."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, FailSafe, FailSafeKind, Headroom, Rule, Setpoint, SetpointReason
from ngair.model.events import (
    ChargerLost,
    ChargerSeen,
    Decided,
    Event,
    InputRejected,
    TelegramReceived,
    WishesChanged,
)
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse, OutletWish, Wishes
from ngair.model.site import BoxInfo, Profile, Site, apply
from ngair.model.telegram import Origin, Reason, Rejection, Telegram

BOX = BoxInfo(serial="NG00TEST00000001", firmware="ngair.0.0-0-g0000000", mac="02005e005301")

READING = Reading(
    time="2026-02-03T04:05:06",
    ident="XYZ5\\MADE-UP",
    meter_id="M0000001",
    power_import_w=2345,
    power_export_w=0,
    current_a=(1.5, 2, 10.25),
    voltage_v=(229.9, 231, 230.4),
    energy_import_wh=123456789,
    energy_export_wh=42,
    checked=True,
)
SILENT_READING = Reading(ident="XYZ5\\MADE-UP", checked=True)
"""A telegram that measured nothing that the documents show."""

ASCII_METER = Origin(dialect="made-up")
BINARY_METER = Origin(
    port="HAN",
    framing="HDLC",
    dialect="made-up-han",
    vendor="abc",
    type="Model 7",
    ciphered=True,
    energy_unit_told=False,
)

CHARGER = ChargeBox(
    serial="CB00000000000001",
    identity="CB00000000000001",
    firmware="r0.0.0-test",
    endpoint="mqtt://192.0.2.7",
    port=1883,
    outlets=(
        Outlet(
            id=1,
            state=OutletState.CHARGING,
            current_a=(6.5, 6.25, 0),
            told_at_s=1.5,
            car_phases=(True, True, False),
            foreign_a=10,
            energy_wh=7654321,
            power_w=2930.5,
        ),
        Outlet(id=2, told_at_s=1.5),
    ),
)
SECOND_CHARGER = ChargeBox(
    serial="CB2", identity="second", outlets=(Outlet(id=1, state=OutletState.FAULTED, told_at_s=1.5),)
)
NEVER_REACHED = ChargeBox(
    serial="CB4", identity="fourth", connected=False, pinned=True, rotation="STR", outlets=(Outlet(id=1),)
)

DECISION = Decision(
    setpoints=(
        Setpoint(
            serial=CHARGER.serial,
            outlet_id=1,
            setpoint_a=6,
            reason=SetpointReason(
                rule=Rule.FUSE, text="all that is left", fuse="main", phase="L2", since_s=0.25, until_s=31.5
            ),
        ),
    ),
    headrooms=(Headroom(fuse="main", other_a=(1.5, -4.25, None), left_a=(22.5, 28.25, None)),),
    fail_safes=(
        FailSafe(kind=FailSafeKind.METER_SILENT, subject="main", text="plug it in again", since_s=1.0, until_s=12.0),
        FailSafe(kind=FailSafeKind.CHARGER_SILENT, subject="CB2", text="switch it on again", since_s=1.5),
    ),
)
WISHES = Wishes(
    outlets={"CB00000000000001/1": OutletWish(max_a=10, priority=3, paused=True, fallback_a=0)}, main_fuse_a=20
)
SUB_FUSE = Fuse(name="garage", rating_a=(16, 16, 20), under="main", power_max_w=9000, chargers=(CHARGER.serial,))


def site(profile: Profile = "1.0", events: Iterable[Event] = ()) -> Site:
    """A box to which these events have happened."""
    fuses = (Fuse(name="main", rating_a=(25, 25, 25)), SUB_FUSE)
    house = Site(box=replace(BOX, profile=profile), fuses=fuses)
    for event in events:
        house = apply(house, event)
    return house


def telegram(
    reading: Reading = READING,
    data: str = "/XYZ5\\MADE-UP\r\n\r\n!0000\r\n",
    at_s: float = 1.5,
    fuse: str = MAIN_FUSE,
    origin: Origin = ASCII_METER,
) -> Event:
    """A telegram that was accepted; its clock began at 0."""
    wire_len = len(data) if origin.port == "P1" else len(data) // 2
    return TelegramReceived(Telegram(data, wire_len, reading, origin), at_s, int(at_s * 1000), fuse)


def binary_telegram(at_s: float = 1.5) -> Event:
    """One of a meter that pushes binary lists, and encrypts them."""
    return telegram(replace(READING, ident="MADE_UP_V1"), "7ea00f0102030405067e", at_s, origin=BINARY_METER)


def rejection(reason: Reason = Reason.CHECK) -> Event:
    """Input that was refused."""
    return InputRejected(Rejection(reason, "made up", 100))


def seen(charger: ChargeBox = CHARGER) -> Event:
    """A charger that told its state."""
    return ChargerSeen(charger)


def lost(charger: ChargeBox = CHARGER) -> Event:
    """A charger whose link is gone."""
    return ChargerLost(charger.serial)


def decided(decision: Decision = DECISION) -> Event:
    """The balancer decided."""
    return Decided(decision)


def wished(wishes: Wishes = WISHES) -> Event:
    """Users asked for something."""
    return WishesChanged(wishes)


STATES: dict[str, tuple[Event, ...]] = {
    "nothing yet": (),
    "only rejected input": (rejection(),),
    "telegram": (telegram(),),
    "telegram without values": (telegram(SILENT_READING),),
    "values held": (telegram(), telegram(SILENT_READING, at_s=2)),
    "telegram, then rejected input": (telegram(), rejection()),
    "charger": (telegram(), seen()),
    "two chargers": (telegram(), seen(), seen(SECOND_CHARGER)),
    "charger without outlets": (seen(ChargeBox(serial="CB3", identity="third")),),
    "lost charger": (telegram(), seen(), lost()),
    "lost first of two": (telegram(), seen(), seen(SECOND_CHARGER), lost()),
    "never reached": (telegram(), seen(NEVER_REACHED)),
    "decided": (telegram(), seen(), seen(SECOND_CHARGER), decided()),
    "wished": (telegram(), seen(), wished(), decided()),
    "binary meter": (binary_telegram(),),
    "sub-meter": (telegram(), telegram(at_s=2, fuse="garage"), seen()),
}
"""By name, what has happened."""

"""Central European families: what tells them apart, their quirks, and real lists with known values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.assemble import no_values
from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS, fits
from ngair.meter.dialects._quirks import signed_import, whole_volts
from ngair.meter.message import Facts, Form
from ngair.meter.quantities import Quantity, Values
from ngair.meter.server_id import maker_of, printed
from ngair.model.keys import Keys
from ngair.model.telegram import Reason, Rejection
from ngair.sim.telegrams import _axdr, _central, _ciphered, _gbt, _hdlc, _lists, _sml
from tests.meter.telegrams import decoded, only, reasons

VOLTAGES = (Quantity.L1_VOLTAGE, Quantity.L2_VOLTAGE, Quantity.L3_VOLTAGE)
NOBODY = Facts(encoding="cosem", form="described", count=0)
SERVER_ID = bytes.fromhex("0a0149534b000000002a")


# --- who is who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "count", "ident", "flag", "codes", "family"),
    [
        ("described", 13, "0-8:25.9.0", "", "1.7.0 31.7.0", "lg-e450"),
        ("described", 13, "0-8:25.9.0", "LGZ", "1.7.0 31.7.0", "lg-e450"),
        ("described", 4, "0-11:25.9.0", "", "24.2.1", "lg-e450"),
        ("described", 12, "", "", "1.0.0 1.7.0 2.7.0", "lg-e450"),
        ("described", 28, "0-6:25.9.0", "", "42.0.0 1.7.0", "iskra-am550"),
        ("described", 28, "0-7:25.9.0", "", "42.0.0 1.7.0", None),
        ("items", 16, "", "", "96.1.0 96.1.1 1.7.0 2.7.0 1.8.0", "iskra-am550"),
        ("positional", 12, "0-6:25.9.0", "", "", "iskra-kelag"),
        ("positional", 12, "ISK1030700000042", "", "", "iskra-si"),
        ("positional", 18, "ISK1030700000042", "", "", "iskra-si"),
        ("positional", 18, "KFM_001", "", "", "kaifa-no"),
        ("positional", 9, "ISK1030700000042", "", "", "iskra-si"),
        ("positional", 9, "KFM_001", "", "", "kaifa-no"),
        ("positional", 9, "", "LGZ", "", "at-wien"),
        ("positional", 9, "", "ISK", "", "at-wien"),
        ("positional", 9, "", "", "", None),
        ("positional", 11, "", "LGZ", "", "at-burgenland"),
        ("positional", 11, "", "ISK", "", None),
        ("positional", 11, "", "", "", None),
        ("positional", 2, "", "", "", None),
        ("pairs", 13, "", "KFM", "1.8.0 1.7.0 32.7.0 31.7.0", "netz-noe"),
        ("pairs", 13, "", "", "1.8.0 1.7.0 32.7.0 31.7.0", "netz-noe"),
        ("pairs", 13, "", "SAG", "1.8.0 1.7.0 32.7.0 31.7.0", "sagemcom-t210"),
        ("pairs", 17, "", "LGZ", "1.8.0 1.8.1 1.7.0 2.7.0 3.8.1 4.7.0", "lg-styria"),
        ("pairs", 17, "", "", "1.8.0 1.8.1 1.7.0 2.7.0 3.8.1 4.7.0", None),
        ("pairs", 18, "KFM_001", "", "1.8.0 1.7.0 32.7.0 31.7.0", "kaifa-se"),
        ("pairs", 33, "Kamstrup_V0001", "KAM", "1.8.0 1.7.0 21.7.0 32.7.0", "kamstrup-dk"),
    ],
)
def test_a_list_is_of_the_one_family_that_sends_such(
    form: Form, count: int, ident: str, flag: str, codes: str, family: str | None
) -> None:
    facts = Facts(
        encoding="cosem",
        form=form,
        count=count,
        ident=ident,
        flag=flag,
        codes=frozenset(codes.split()),
        ciphered=bool(flag),
    )
    assert [name for name, dialect in DIALECTS.items() if fits(dialect, facts)] == [family] * (family is not None)


def test_a_ciphered_list_with_its_objects_is_landis_gyrs() -> None:
    objects = {(_lists.REGISTER, "1-0:1.7.0"): _axdr.uint32(412), (_lists.REGISTER, "1-0:32.7.0"): _axdr.uint16(2311)}
    message = _axdr.notification(_lists.described("0-8:25.9.0", objects))
    sealed = _ciphered.ciphered(message, _central.KEYS, title=b"LGZ\x67\0\0\0\x2a", counter=7)
    frame = _hdlc.frame(_hdlc.LLC_HEADER + sealed, destination=b"\xce\xff", source=b"\x03")
    telegram = only(Decoder(_central.KEYS).feed(frame))
    assert (telegram.origin.dialect, telegram.origin.vendor) == ("lg-e450", "LGZ")
    assert telegram.reading.power_import_w == 412
    assert telegram.reading.voltage_v == (231.1, None, None)


def test_a_list_of_other_meters_is_landis_gyrs_and_measures_nothing_of_the_house() -> None:
    objects = {(4, f"0-{channel}:24.2.1"): _axdr.int32(30_545) for channel in (1, 2, 3, 4)}
    message = _axdr.notification(_lists.described("0-11:25.9.0", objects))
    (rejection,) = Decoder().feed(_gbt.frames(message, 122, destination=b"\xce\xff", source=b"\x03"))
    assert isinstance(rejection, Rejection)
    assert rejection.reason is Reason.NOTHING_MEASURED


# --- quirks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "true"),
    [
        ((23.1, 22.9, 23.0), (231, 229, 230)),
        ((23.1, 0, None), (231, 0, None)),
        ((40.0, 40.1, 39.9), (400, 401, 399)),
        ((231.1, 229.4, 230.0), (231.1, 229.4, 230.0)),
        ((0, 0, 234.6), (0, 0, 234.6)),
        ((30.0, 231.0, 229.0), (30.0, 231.0, 229.0)),
        ((0, 0, 0), (0, 0, 0)),
        ((None, None, None), (None, None, None)),
    ],
)
def test_whole_volts_are_told_by_all_voltages_together(
    read: tuple[float | None, ...], true: tuple[float | None, ...]
) -> None:
    values = with_values(dict(zip(VOLTAGES, read, strict=True)))
    assert whole_volts(values, NOBODY) == ()
    assert tuple(values[voltage] for voltage in VOLTAGES) == true


@given(volts=st.tuples(*[st.integers(100, 450)] * 3))
def test_either_way_of_sending_volts_gives_the_same(volts: tuple[int, int, int]) -> None:
    whole = with_values({voltage: value / 10 for voltage, value in zip(VOLTAGES, volts, strict=True)})
    tenths = with_values({voltage: value * 10 / 10 for voltage, value in zip(VOLTAGES, volts, strict=True)})
    whole_volts(whole, NOBODY)
    whole_volts(tenths, NOBODY)
    assert whole == tenths


def test_import_below_zero_is_net_power_and_else_stays_import() -> None:
    values = with_values({Quantity.POWER_IMPORT: -1200, Quantity.L1_IMPORT: -1500, Quantity.L2_IMPORT: 300})
    assert signed_import(values, NOBODY) == ()
    assert values == with_values({Quantity.POWER_NET: -1200, Quantity.L1_NET: -1500, Quantity.L2_IMPORT: 300})
    both = with_values({Quantity.POWER_IMPORT: -5, Quantity.POWER_NET: 7})
    signed_import(both, NOBODY)
    assert both == with_values({Quantity.POWER_IMPORT: -5, Quantity.POWER_NET: 7})


# --- German meters' numbers and makers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server_id", "number"),
    [
        ("0a0149534b000000002a", "1ISK0000000042"),
        ("0901454d480105f5e0ff", "1EMH0199999999"),
        ("0a01445a47001234abcd", "1DZG00305441741"),
        ("06454d48010271582051", ""),
        ("0a0149534b0000002a", ""),
        ("0a0149534b00000000002a", ""),
        ("ffff49534b000000002a", ""),
        ("", ""),
    ],
)
def test_a_number_is_shown_as_it_is_printed(server_id: str, number: str) -> None:
    assert printed(bytes.fromhex(server_id)) == number


@given(data=st.binary(max_size=24))
def test_any_bytes_are_a_number_or_none(data: bytes) -> None:
    assert printed(data) == "" or len(data) == 10


@pytest.mark.parametrize(
    ("entries", "maker"),
    [
        ([("129-129:199.130.3", b"EMH"), ("1-0:96.1.0", SERVER_ID)], "EMH"),
        ([("1-0:96.50.1*1", b"HLY")], "HLY"),
        ([("1-0:96.50.1*1", b"\x01\x02\x03"), ("1-0:96.1.0", SERVER_ID)], "ISK"),
        ([("1-0:0.0.9", bytes.fromhex("06454d48010271582051"))], "EMH"),
        ([("1-0:96.1.0", bytes.fromhex("01234553590a00000001"))], "ESY"),
        ([("1-0:96.1.0", bytes(10))], ""),
    ],
)
def test_the_maker_is_told_or_part_of_the_number(entries: list[tuple[str, bytes]], maker: str) -> None:
    server_id = next((value for code, value in entries if code.endswith("96.1.0")), b"")
    values = [_sml.entry(_axdr.code(code), _sml.octets(value)) for code, value in entries]
    power = _sml.entry(_axdr.code("1-0:16.7.0"), _sml.signed(-417, 2), unit=27, scaler=0)
    telegram = only(Decoder().feed(_sml.file(5, server_id, 99, *values, power)))
    assert telegram.origin.vendor == maker
    assert (telegram.reading.power_import_w, telegram.reading.power_export_w) == (0, 417)


def test_nobody_is_the_maker_of_nothing() -> None:
    assert maker_of([]) == ""


# --- real lists, where they are ----------------------------------------------------------------------------


def test_a_real_list_that_begins_with_its_objects(telegram_folder: Path | None) -> None:
    """Its number was made unreadable by whoever published it, and its frame's check sum left as it was."""
    frame = real(telegram_folder, "hdlc/*described-list*")
    assert reasons(decoded(frame)) == [Reason.CHECK]
    telegram = only(decoded(frame[frame.index(b"\xe6\xe7\0") : -3], decoder=Decoder(bare=True)))
    assert telegram.origin.dialect == "iskra-am550"
    assert (telegram.reading.power_import_w, telegram.reading.power_export_w) == (143, 0)
    assert (telegram.reading.energy_import_wh, telegram.reading.energy_export_wh) == (19_809_717, 4)


@pytest.mark.parametrize(("name", "framed"), [("mbus/*austria*", True), ("apdu/*austria*", False)])
def test_the_example_of_netz_noe(telegram_folder: Path | None, name: str, framed: bool) -> None:
    data = real(telegram_folder, name)
    index = json.loads(real(telegram_folder, "INDEX.json"))
    key = next(entry["key"] for entry in index if entry["kind"] == "mbus").split()[0]
    telegram = only(decoded(data, decoder=Decoder(Keys(bytes.fromhex(key)), bare=not framed)))
    assert telegram.origin.dialect == "netz-noe"
    assert telegram.reading.meter_id == "181220000009"
    assert telegram.reading.time == "2021-09-27T09:47:15"
    assert (telegram.reading.energy_import_wh, telegram.reading.energy_export_wh) == (12_937, 0)
    assert list(telegram.reading.voltage_v) == [233.7, 0, 0]
    assert telegram.reading.checked == framed


@pytest.mark.parametrize(
    ("name", "family", "energy_wh", "volts"),
    [
        ("hdlc/*iskra-1*", "iskra-kelag", (287_454_020, 16_909_060), (None, None, None)),
        ("hdlc/*slovenia-list-1*", "iskra-si", (None, None), (0, 0, 234.6)),
        ("hdlc/*slovenia-list-2*", "iskra-si", (3810, 0), (None, None, None)),
    ],
)
def test_real_lists_of_iskraemeco(
    telegram_folder: Path | None,
    name: str,
    family: str,
    energy_wh: tuple[int | None, ...],
    volts: tuple[float | None, ...],
) -> None:
    telegram = only(decoded(real(telegram_folder, name)))
    assert telegram.origin.dialect == family
    assert (telegram.reading.energy_import_wh, telegram.reading.energy_export_wh) == energy_wh
    assert telegram.reading.voltage_v == volts


def real(folder: Path | None, pattern: str) -> bytes:
    if folder is None:
        pytest.skip("telegrams of real meters are not here")
    (path,) = folder.glob(pattern)
    return path.read_bytes()


def with_values(known: dict[Quantity, float | None]) -> Values:
    values = no_values()
    for quantity, value in known.items():
        values[quantity] = value
    return values

"""What lines do in the field, each fault by name: it ends in the right reading or in a named rejection."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ngair.meter.decoder import Decoder
from ngair.model.telegram import Reason, Rejection
from tests.meter.telegrams import (
    DSMR5,
    DSMR22,
    accepted,
    body_of,
    crc16_arc,
    decoded,
    only,
    reasons,
    seven_even,
    telegram,
    with_check,
)
from tests.meter.uart import received

GOOD = telegram(r"NGA5\2MX500T-1012", DSMR5)
OLD = telegram(r"NGA5\2MX100-0022", DSMR22, check=False)
READING = only(decoded(GOOD)).reading
OLD_READING = only(decoded(OLD)).reading


def test_noise_flips_a_bit() -> None:
    flipped = GOOD.replace(b"1-0:1.7.0(00.378*kW)", b"1-0:1.7.0(00.338*kW)")
    assert reasons(decoded(flipped)) == [Reason.CHECK]
    assert_next_is_read(flipped)


def test_noise_flips_a_bit_where_no_check_sum_tells() -> None:
    out = decoded(OLD.replace(b"1-0:1.7.0(0001.01*kW)", b"1-0:1.7.0(0001.01*kU)"))
    assert reasons(out) == [Reason.FORMAT]
    assert accepted(out) == []


def test_bytes_are_dropped() -> None:
    dropped = GOOD.replace(b"(00.378*kW)", b"(00.38*kW)")
    assert reasons(decoded(dropped)) == [Reason.CHECK]
    assert_next_is_read(dropped)


def test_a_digit_is_dropped_where_no_check_sum_tells() -> None:
    out = decoded(OLD.replace(b"1-0:1.7.0(0001.01*kW)", b"1-0:1.7.0(0001.1*kW)"))
    assert reasons(out) == [Reason.FORMAT]


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ("1-0:1.7.0(0001.01*kW)", "1-0:1.70(0001.01*kW)"),
        ("1-0:1.7.0(0001.01*kW)", "1-0:1.7.00(0001.01*kW)"),
        ("1-0:1.7.0(0001.01*kW)", "1-0:1.7.0(0001.01*W)"),
        ("1-0:1.7.0(0001.01*kW)", "1-0:1.7.0(0001.01*V)"),
        ("1-0:1.7.0(0001.01*kW)", "1-0:1.7.0(000101*kW)"),
        ("1-0:1.7.0(0001.01*kW)", "1-0:1.7.0()"),
        ("1-0:1.7.0(0001.01*kW)", "1-0:2.7.0(0001.01*kW)"),
        ("1-0:1.7.0(0001.01*kW)\r\n", "1-0:1.7.0(0001.01*kW)"),
        ("1-0:1.8.1(02345.678*kWh)", "1-0:1.9.1(02345.678*kWh)"),
        ("\\2MX100-0022", "\\2MX100\x1b0022"),
    ],
)
def test_damage_without_check_shows_in_the_format(sent: str, arrived: str) -> None:
    damaged = OLD.replace(sent.encode(), arrived.encode())
    assert damaged != OLD
    assert reasons(decoded(damaged)) == [Reason.FORMAT]


@pytest.mark.parametrize(
    "line", ["1-0:1.7.0(1200.000*kW)", "1-0:31.7.0(1200*A)", "1-0:32.7.0(2300.0*V)", "1-0:1.7.0(-00.100*kW)"]
)
@pytest.mark.parametrize("check", [True, False])
def test_a_value_is_more_than_a_house_can_have(line: str, check: bool) -> None:
    data = telegram("NGA5", [line, "1-0:1.8.0(000001.000*kWh)"], check=check)
    assert reasons(decoded(data)) == [Reason.IMPLAUSIBLE]


@pytest.mark.parametrize("kept", [5, 60, len(GOOD) // 2, len(GOOD) - 9])
def test_a_telegram_is_cut_by_the_next_one(kept: int) -> None:
    out = decoded(GOOD[:kept] + GOOD)
    assert [telegram.reading for telegram in accepted(out)] == [READING]
    assert out[0] == Rejection(Reason.TRUNCATED, "the next telegram began inside this one", kept)


@pytest.mark.parametrize("kept", [5, 60, len(OLD) // 2, len(OLD) - 4])
def test_a_telegram_without_check_is_cut_by_the_next_one(kept: int) -> None:
    out = decoded(OLD[:kept] + OLD)
    assert [telegram.reading for telegram in accepted(out)] == [OLD_READING]
    assert reasons(out) == [Reason.TRUNCATED]


@pytest.mark.parametrize("check", [True, False])
def test_a_slash_stands_inside_the_ident(check: bool) -> None:
    data = telegram("HLY5/D545-METER", DSMR5[1:], check=check)
    assert only(decoded(data)).reading.ident == "HLY5/D545-METER"
    out = decoded(data + data)
    assert [telegram.reading.ident for telegram in accepted(out)] == ["HLY5/D545-METER"] * 2
    assert reasons(out) == []


def test_a_slash_and_letters_stand_inside_the_ident_of_a_checked_telegram() -> None:
    assert only(decoded(telegram("HLY5/METER", DSMR5))).reading.ident == "HLY5/METER"


@pytest.mark.parametrize("damage", [b"!", b"!\r\n", b"!AB12\r\n", b"!\n", b"!0", b"!/"])
def test_an_exclamation_mark_stands_in_damaged_data(damage: bytes) -> None:
    at = GOOD.index(b"1-0:1.7.0(") + 12
    damaged = GOOD[:at] + damage + GOOD[at + len(damage) :]
    out = decoded(damaged)
    assert accepted(out) == []
    assert Reason.CHECK in reasons(out)
    assert_next_is_read(damaged)


def test_an_exclamation_mark_stands_in_damaged_data_without_check() -> None:
    at = OLD.index(b"1-0:2.7.0")
    out = decoded(OLD[: at - 3] + b"!" + OLD[at - 2 :] + OLD)
    assert [telegram.reading for telegram in accepted(out)] == [OLD_READING]
    assert reasons(out) == [Reason.CHECK, Reason.NOISE]


def test_lines_end_in_lf_alone() -> None:
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", DSMR5, line_end="\n"))).reading == READING
    assert only(decoded(telegram(r"NGA5\2MX100-0022", DSMR22, line_end="\n", check=False))).reading == OLD_READING


def test_something_on_the_way_took_the_cr_after_the_check_sum_was_made() -> None:
    bare = GOOD.replace(b"\r\n", b"\n")
    assert only(decoded(bare)).reading == READING
    out = decoded(bare[: len(bare) // 2] + bare)
    assert [telegram.reading for telegram in accepted(out)] == [READING]


def test_the_blank_line_after_the_ident_is_missing() -> None:
    body = body_of(r"NGA5\2MX500T-1012", DSMR5, blank=False)
    assert only(decoded(with_check(body))).reading == READING


def test_a_check_sum_is_absent_though_the_version_has_one() -> None:
    bare = telegram(r"NGA5\2MX500T-1012", DSMR5, check=False)
    assert reasons(decoded(bare)) == [Reason.CHECK_MISSING]
    belgian = ["0-0:96.1.4(50217)", *DSMR5[1:]]
    assert reasons(decoded(telegram("NGA5", belgian, check=False))) == [Reason.CHECK_MISSING]


def test_a_check_sum_is_absent_though_the_source_has_sent_one() -> None:
    bare = telegram("KAM5", DSMR5[1:], check=False)
    assert only(decoded(bare)).reading.checked is False
    out = decoded(telegram("KAM5", DSMR5[1:]) + bare)
    assert [telegram.reading.checked for telegram in accepted(out)] == [True]
    assert reasons(out) == [Reason.CHECK_MISSING]


def test_a_check_sum_is_in_lower_case() -> None:
    assert only(decoded(GOOD[:-6] + GOOD[-6:].lower())).reading == READING


def test_a_check_sum_is_not_padded() -> None:
    data = next(data for data in numbered(lambda crc: 0 < crc < 0x1000))
    assert only(decoded(data)).reading.checked
    unpadded = data[:-6] + data[-6:].lstrip(b"0")
    assert only(decoded(unpadded)).reading == only(decoded(data)).reading


def test_a_check_sum_of_0000_is_one_like_any_other() -> None:
    assert reasons(decoded(GOOD[:-6] + b"0000\r\n")) == [Reason.CHECK]
    data = next(data for data in numbered(lambda crc: crc == 0))
    assert data.endswith(b"!0000\r\n")
    assert only(decoded(data)).reading.checked


@pytest.mark.parametrize("after", [b"\0", b"\0\0\0", b"  ", b"\xff"])
def test_a_check_sum_is_followed_by_padding(after: bytes) -> None:
    assert only(decoded(GOOD[:-2] + after + b"\r\n")).reading == READING


def test_a_check_sum_has_its_highest_bits_set() -> None:
    assert reasons(decoded(GOOD[:-6] + b"\xb1\xb2\xc3\xb4\r\n")) == [Reason.CHECK]


@pytest.mark.parametrize("padding", [b"\xff", b"\0", b"\xff\0" * 300, b"\r\n\r\n", b" ", b"\0" * 100_000])
def test_padding_stands_between_telegrams(padding: bytes) -> None:
    for data in (GOOD, OLD):
        out = decoded(padding + data + padding + data + padding)
        assert len(accepted(out)) == 2
        assert reasons(out) == []


@pytest.mark.parametrize("line", ["0-1:24.2.1(240517142959S)(04321.098*m\xb3)", f"0-0:96.13.0({chr(255) * 1024})"])
def test_text_is_not_ascii(line: str) -> None:
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", [*DSMR5, line]))).reading == READING
    assert only(decoded(telegram(r"NGA5\2MX100-0022", [*DSMR22, line], check=False))).reading == OLD_READING


def test_a_value_stands_on_two_lines() -> None:
    gas = ["0-1:24.3.0(110318140000)(08)(60)(1)(0-1:24.2.1)(m3)", "(01077.310)"]
    months = ["0-0:98.1.0(240601000000S)(000070.333*kWh)", "(000058.282*kWh)", "(04.092*kW)"]
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", [*DSMR5, *gas, *months]))).reading == READING
    assert only(decoded(telegram(r"NGA5\2MX100-0022", [*DSMR22, *months], check=False))).reading == OLD_READING


def test_the_star_before_a_unit_is_missing() -> None:
    bare = [line.replace("*", "") for line in DSMR5]
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", bare))).reading == READING
    bare = [line.replace("*kW", " kW") for line in DSMR22]
    assert only(decoded(telegram(r"NGA5\2MX100-0022", bare, check=False))).reading == OLD_READING


def test_a_space_stands_before_the_parenthesis() -> None:
    spaced = [line.replace(")", " )").replace("*", " * ") for line in DSMR5]
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", spaced))).reading.power_import_w == 378


def test_a_code_has_a_colon_too_many() -> None:
    lines = [*DSMR5, "1-0:4:24.7.0(0000.123*kvar)", "1-0:4:1.7.0(09.999*kW)"]
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", lines))).reading == READING
    assert reasons(decoded(telegram("NGA5", [*DSMR22, "1-0:4:24.7.0(0000.123*kvar)"], check=False))) == [Reason.FORMAT]


def test_a_code_ends_in_255() -> None:
    for f in ("*255", ".255"):
        lines = [line.replace(".7.0(", f".7.0{f}(").replace("0.2.8(", f"0.2.8{f}(") for line in DSMR5]
        assert only(decoded(telegram(r"NGA5\2MX500T-1012", lines))).reading == READING
        assert reasons(decoded(telegram(r"NGA5\2MX500T-1012", lines, check=False))) == [Reason.CHECK_MISSING]


def test_registers_of_past_billing_periods_are_not_the_present_one() -> None:
    past = ["1-0:1.8.1*01(00001.000*kWh)", "1-0:1.8.1*02(00000.500*kWh)"]
    assert only(decoded(telegram(r"NGA5\2MX100-0022", [*past, *DSMR22], check=False))).reading == OLD_READING


def test_padding_of_a_7e1_line_stands_between_end_mark_and_the_next_telegram() -> None:
    sent = seven_even(OLD).rstrip(b"\r\n\x8d") + b"\xff" * 10 + seven_even(OLD)
    assert [telegram.reading for telegram in accepted(decoded(sent))] == [OLD_READING] * 2
    first = accepted(decoded(sent))[0]
    assert only(decoded(first.data.encode("latin-1"))) == first


def test_the_end_mark_stands_on_the_last_line() -> None:
    body = body_of(r"NGA5\2MX500T-1012", DSMR5).removesuffix(b"\r\n!") + b"!"
    assert only(decoded(with_check(body))).reading == READING
    body = body_of(r"NGA5\2MX100-0022", DSMR22).removesuffix(b"\r\n!") + b"!"
    assert only(decoded(body + b"\r\n")).reading == OLD_READING


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("lines", [[], ["0-0:1.0.0(240517143005S)"], ["1-0:32.7.0(236.1*V)"]])
def test_a_telegram_measures_nothing(lines: list[str], check: bool) -> None:
    data = telegram("KAM5", lines, check=check)
    assert reasons(decoded(data + data)) == [Reason.NOTHING_MEASURED] * 2


def test_a_7e1_line_is_read_as_8n1() -> None:
    assert only(decoded(seven_even(GOOD))).reading == READING
    assert only(decoded(seven_even(OLD))).reading == OLD_READING
    assert received(GOOD, send="7E1", receive="8N1") == seven_even(GOOD)


def test_a_7e1_line_has_a_byte_of_odd_parity() -> None:
    data = bytearray(seven_even(OLD))
    data[OLD.index(b"0001.01")] ^= 0x02
    assert reasons(decoded(bytes(data))) == [Reason.PARITY]
    out = decoded(bytes(data[:-3]) + seven_even(OLD))
    assert [telegram.reading for telegram in accepted(out)] == [OLD_READING]


@pytest.mark.parametrize(("send", "receive"), [("8N1", "7E1"), ("7O1", "8N1"), ("8N1", "8E1")])
@pytest.mark.parametrize("data", [GOOD, OLD])
def test_the_parity_is_wrong(data: bytes, send: str, receive: str) -> None:
    out = decoded(received(data * 3, send=send, receive=receive))
    assert accepted(out) == []
    assert reasons(out)


@pytest.mark.parametrize("send", ["8E1", "8O1", "8N2", "7N2"])
def test_a_parity_or_stop_bit_that_nobody_asked_for_is_overheard(send: str) -> None:
    out = decoded(received(GOOD * 3, send=send, receive="8N1" if send[0] == "8" else "7N1"))
    assert [telegram.reading for telegram in accepted(out)] == [READING] * 3
    assert reasons(out) == []


@pytest.mark.parametrize("send", ["8N1", "7E1"])
@pytest.mark.parametrize("data", [GOOD, OLD])
def test_the_line_is_inverted(data: bytes, send: str) -> None:
    out = decoded(received(data * 3, send=send, receive="8N1", inverted=True))
    assert accepted(out) == []
    assert Reason.NOISE in reasons(out)


def test_the_meter_falls_silent() -> None:
    decoder = Decoder()
    assert len(decoder.feed(GOOD)) == 1
    assert decoder.feed(GOOD[:300]) == []
    assert [decoder.quiet() for _ in range(3)] == [[], [], []]
    assert reasons(decoder.finish()) == [Reason.TRUNCATED]
    assert only(decoded(GOOD, decoder=decoder)).reading == READING


def test_a_pause_inside_a_telegram_changes_nothing() -> None:
    for cut in range(1, len(GOOD)):
        decoder = Decoder()
        out = decoder.feed(GOOD[:cut]) + decoder.quiet() + decoder.feed(GOOD[cut:]) + decoder.finish()
        assert only(out).reading == READING, cut


def test_an_update_changes_the_protocol_from_hdlc_to_p1() -> None:
    frame = (
        bytes.fromhex("7ea02a410883130413e6e7000f40000000000101020309060100010700ff060000042302020f00161b")
        + b"\x91\x4c\x7e"
    )
    out = decoded(frame * 50 + GOOD)
    assert reasons(out) == [Reason.NOISE]
    assert [telegram.reading for telegram in accepted(out)] == [READING]


def assert_next_is_read(damaged: bytes) -> None:
    out = decoded(damaged + GOOD)
    assert [telegram.reading for telegram in accepted(out)] == [READING]
    assert reasons(out)


def numbered(wanted: Callable[[int], bool]) -> Iterator[bytes]:
    """Telegrams whose check sum is as wanted."""
    before = body_of("NGA5", ["1-0:1.7.0(00.378*kW)"])[:-1] + b"0-0:96.13.0("
    crc = crc16_arc(before)
    for number in range(1 << 20):
        after = b"%06X)\r\n!" % number
        if wanted(crc16_arc(after, crc)):
            yield with_check(before + after)

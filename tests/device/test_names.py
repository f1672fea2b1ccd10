"""Who gets a name on the local network."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from ngair.device.names import (
    LAST_NUMBER,
    NUMBERED_MAX,
    Claim,
    Contest,
    Sighting,
    Verdict,
    conflicts,
    has_precedence,
    host_name,
    label,
    service_name,
)

SMALL, MIDDLE, LARGE = "A" * 16, "K" * 16, "Z" * 16
MINE, THEIRS, OTHER = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3"
HOST = "ctek-ng-air.local"


def claim(serial: str = MIDDLE, address: bytes = MINE) -> Claim:
    return Claim(label="ctek-ng-air", serial=serial, port=80, addresses=frozenset({address}), own=frozenset({address}))


def seen(serial: str | None = None, *addresses: bytes, server: tuple[str, int] | None = None) -> Sighting:
    return Sighting(serial=serial, addresses=frozenset(addresses), servers=frozenset({server} if server else ()))


def test_names_count_up_and_end_with_the_serial() -> None:
    labels = [label(number, MIDDLE) for number in range(1, LAST_NUMBER + 1)]
    assert labels[:3] == ["ctek-ng-air", "ctek-ng-air-2", "ctek-ng-air-3"]
    assert labels[-2:] == [f"ctek-ng-air-{NUMBERED_MAX}", "ctek-ng-air-kkkkkkkkkkkkkkkk"]
    assert len(set(labels)) == len(labels)
    assert all(len(name) <= 63 for name in labels)


def test_host_and_service_have_one_label() -> None:
    assert host_name("ctek-ng-air-2") == "ctek-ng-air-2.local"
    assert service_name("ctek-ng-air-2") == "ctek-ng-air-2._http._tcp.local"


def test_our_own_packets_are_no_conflict() -> None:
    assert not conflicts(claim(), seen())
    assert not conflicts(claim(), seen(None, MINE))
    assert not conflicts(claim(), seen(None, MINE, server=(HOST, 80)))
    assert not conflicts(claim(), seen(MIDDLE, THEIRS)), "our serial from an address that we do not know: reflected"


def test_other_peoples_packets_are() -> None:
    assert conflicts(claim(), seen(None, THEIRS))
    assert conflicts(claim(), seen(None, MINE, THEIRS))
    assert conflicts(claim(), seen(LARGE, MINE)), "another box on this machine"
    assert conflicts(claim(), seen("", MINE)), "a service that tells no serial is not ours"
    assert conflicts(claim(), seen(None, server=("printer.local", 80)))


SERIALS = st.text("ABC", min_size=16, max_size=16)
ADDRESSES = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16))


@given(SERIALS, SERIALS, ADDRESSES, ADDRESSES, st.booleans())
def test_of_two_that_ask_together_exactly_one_gives_way(
    one: str, two: str, one_address: bytes, two_address: bytes, told: bool
) -> None:
    assume(one != two if told else one_address != two_address)
    first, second = claim(one, one_address), claim(two, two_address)
    first_gives_way = has_precedence(first, seen(two if told else None, two_address))
    second_gives_way = has_precedence(second, seen(one if told else None, one_address))
    assert first_gives_way != second_gives_way


def test_later_addresses_win_where_no_serial_is_told() -> None:
    """RFC 6762 section 8.2, the example: 169.254.200.50 beats 169.254.99.200."""
    loser, winner = bytes((169, 254, 99, 200)), bytes((169, 254, 200, 50))
    assert has_precedence(claim(address=loser), seen(None, winner))
    assert not has_precedence(claim(address=winner), seen(None, loser))


def test_a_newcomer_leaves_the_name_to_whoever_has_it() -> None:
    for other in (seen(SMALL, THEIRS), seen(LARGE, THEIRS), seen("", THEIRS), seen(None, THEIRS)):
        contest = Contest(claim(), held=False)
        assert contest.answered(other) is Verdict.TAKEN
        assert contest.stranger == other


def test_a_newcomer_waits_for_one_with_precedence_only() -> None:
    assert Contest(claim(), held=False).asked(seen(SMALL, THEIRS)) is Verdict.WAIT
    assert Contest(claim(), held=False).asked(seen(LARGE, THEIRS)) is None
    assert Contest(claim(), held=False).asked(seen(MIDDLE, MINE)) is None
    assert Contest(claim(), held=True).asked(seen(SMALL, THEIRS)) is None, "it is told that the name is taken"


def test_nobody_answers() -> None:
    for held in (False, True):
        contest = Contest(claim(), held=held)
        assert contest.answered(seen(MIDDLE, MINE)) is None
        assert contest.conclude() is Verdict.FREE
        assert contest.stranger is None


def test_of_two_that_have_the_name_the_smaller_serial_keeps_it() -> None:
    assert Contest(claim(), held=True).answered(seen(SMALL, THEIRS)) is Verdict.TAKEN
    contest = Contest(claim(), held=True)
    assert contest.answered(seen(LARGE, THEIRS)) is None
    assert contest.conclude() is Verdict.FREE


def test_an_address_alone_is_judged_by_whose_it_turns_out_to_be() -> None:
    for order in (0, 1):
        contest = Contest(claim(), held=True)
        answers = [seen(None, THEIRS), seen(LARGE, THEIRS)]
        assert contest.answered(answers[order]) is None
        assert contest.answered(answers[1 - order]) is None
        assert contest.conclude() is Verdict.FREE
        assert contest.stranger == seen(LARGE, THEIRS)


def test_a_holder_yields_to_a_stranger_that_tells_no_serial() -> None:
    contest = Contest(claim(), held=True)
    assert contest.answered(seen(None, MINE, OTHER)) is None
    assert contest.answered(seen(LARGE, THEIRS)) is None
    assert contest.conclude() is Verdict.TAKEN
    assert Contest(claim(), held=True).answered(seen("", MINE)) is Verdict.TAKEN
    contest = Contest(claim(), held=True)
    assert contest.answered(seen(None, server=("printer.local", 80))) is None
    assert contest.conclude() is Verdict.TAKEN

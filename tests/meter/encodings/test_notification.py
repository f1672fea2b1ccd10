"""Data-notifications: each form of list is told from the others by its structure, and read as it was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ngair.meter.encodings.fault import EncodingError
from ngair.meter.encodings.notification import begins_notification, read_notification
from ngair.meter.message import Content, Item
from tests.meter.encodings.drawn import CODE, LEAF, TREE, Plain, coded, error_of, written
from tests.meter.encodings.writers import (
    NULL,
    Coded,
    array,
    definition,
    described,
    i16,
    items,
    notification,
    octets,
    pairs,
    scaler_unit,
    structure,
    text,
    u16,
    u32,
)

TIME = bytes.fromhex("07e80b160511223b00ff8800")
TIMES = st.none() | st.binary(min_size=12, max_size=12)
P_IMPORT, P_EXPORT = bytes.fromhex("0100010700ff"), bytes.fromhex("0100020700ff")
I1, U1, SERIAL = bytes.fromhex("01001f0700ff"), bytes.fromhex("0100200700ff"), bytes.fromhex("0000600100ff")
CLOCK, PUSH = bytes.fromhex("0000010000ff"), bytes.fromhex("0006190900ff")

Values = list[tuple[Coded, Plain]]


def told(content: Content) -> list[tuple[bytes | None, object]]:
    return [(item.code, item.value) for item in content.items]


def assert_read(body: bytes, values: Values, form: str, start: int = 0) -> Content:
    """Every value, its code, scale and place."""
    content = read_notification(body)
    assert content.form == form
    for item, (value, (tag, plain)) in zip(content.items[start:], values, strict=True):
        assert (item.code, item.tag, item.value) == (value.code, tag, plain)
        assert (item.scaler, item.unit) == (value.scale or (None, None))
        assert body[item.start : item.stop] == value.value[len(value.value) - (item.stop - item.start) :]
    return content


@given(
    values=st.lists(coded(), min_size=1, max_size=30),
    outer=st.sampled_from((1, 2)),
    time=TIMES,
    tagged=st.booleans(),
)
def test_items(values: Values, outer: int, time: bytes | None, tagged: bool) -> None:
    body = notification(items([value for value, _ in values], outer), time, tagged=tagged)
    content = assert_read(body, values, "items")
    assert (None if content.clock is None else body[slice(*content.clock)]) == time


@given(
    values=st.lists(coded(), min_size=1, max_size=20),
    before=st.lists(st.sampled_from([text("NGAIR_V0001"), octets(TIME), u32(7)]), max_size=2),
    behind=st.lists(st.sampled_from([text("0123456789"), octets(b"181210000012")]), max_size=1),
    nulls=st.lists(st.integers(0, 4), min_size=20, max_size=20),
)
def test_pairs(values: Values, before: list[bytes], behind: list[bytes], nulls: list[int]) -> None:
    """With nulls between the pairs, as meters of one phase have them where those of three have more pairs."""
    elements = list(before)
    for (value, _), count in zip(values, nulls, strict=False):
        elements += [octets(value.code), value.value, *([scaler_unit(*value.scale)] if value.scale else [])]
        elements += [NULL] * count
    content = read_notification(notification(structure(*elements, *behind), TIME))
    assert content.form == "pairs"
    assert [item.code for item in content.items] == (
        [None] * len(before) + [value.code for value, _ in values] + [None] * len(behind)
    )
    assert_read(notification(pairs([value for value, _ in values], before), TIME), values, "pairs", len(before))


@given(values=st.lists(coded(scaled=False), min_size=1, max_size=20), itself=st.booleans())
def test_described(values: Values, itself: bool) -> None:
    body = notification(described([value for value, _ in values], itself=itself), TIME)
    assert_read(body, values, "described")


@given(values=st.lists(coded(scaled=False), min_size=3, max_size=20), data=st.data())
def test_described_in_a_frame_that_ends_before_it(values: Values, data: st.DataObject) -> None:
    body = notification(described([value for value, _ in values], itself=True), TIME)
    cut = data.draw(st.integers(1, sum(len(value.value) for value, _ in values[1:])))
    left = cut
    whole = list(values)
    while left > 0:
        left -= len(whole.pop()[0].value)
    assert_read(body[:-cut], whole, "described")


@given(values=st.lists(LEAF.filter(lambda plain: plain[0] != 9 or plain[1] == TIME), min_size=1, max_size=20))
def test_positional(values: list[Plain]) -> None:
    assume([tag for tag, _ in values] != [15, 22])
    content = read_notification(notification(structure(*map(written, values)), TIME))
    assert content.form == "positional"
    assert [(item.code, item.tag, item.value) for item in content.items] == [(None, *value) for value in values]


def test_a_scale_behind_a_value_without_code_belongs_to_it() -> None:
    body = notification(structure(u32(230), scaler_unit(-1, 35), array(u16(5), u16(6)), scaler_unit(0, 27)))
    content = read_notification(body)
    assert [(item.value, item.scaler, item.unit) for item in content.items] == [
        (230, -1, 35),
        (5, None, None),
        (6, None, None),
        (0, None, None),
        (27, None, None),
    ]


def test_a_single_value_is_a_list_of_one() -> None:
    body = notification(u32(42))
    assert read_notification(body) == Content("positional", (Item(None, 42, 6, len(body) - 4, len(body)),))


def test_an_empty_list_has_no_values() -> None:
    assert read_notification(notification(structure())).items == ()


def test_one_pair_in_an_array_is_an_item_and_in_a_structure_a_pair() -> None:
    values = [Coded(P_IMPORT, u32(1), (0, 27))]
    assert read_notification(notification(items(values))).form == "items"
    assert read_notification(notification(pairs(values))).form == "pairs"


def test_a_list_inside_lists_of_one_is_found() -> None:
    content = read_notification(notification(structure(array(pairs([Coded(P_IMPORT, u32(7)), Coded(I1, u16(8))])))))
    assert content.form == "pairs"
    assert told(content) == [(P_IMPORT, 7), (I1, 8)]


def test_a_code_as_a_value_does_not_shift_those_behind_it() -> None:
    content = read_notification(notification(pairs([Coded(SERIAL, octets(P_EXPORT)), Coded(P_IMPORT, u32(7))])))
    assert told(content) == [(SERIAL, P_EXPORT), (P_IMPORT, 7)]


def test_a_code_without_a_value_makes_no_pairs() -> None:
    content = read_notification(notification(structure(octets(P_IMPORT), u32(7), octets(P_EXPORT))))
    assert content.form == "positional"
    cut = notification(structure(octets(P_IMPORT), u32(7), octets(P_EXPORT), u32(8)))[:-2]
    assert told(read_notification(cut)) == [(P_IMPORT, 7)]


def test_a_number_without_a_code_among_pairs_makes_the_list_positional() -> None:
    """As in lists of Iskraemeco, which begin with the code of their own push setup."""
    content = read_notification(notification(structure(octets(P_IMPORT), octets(b"serial"), octets(b"time"), u32(7))))
    assert content.form == "positional"
    assert [item.code for item in content.items] == [None] * 4


def test_a_text_of_six_characters_is_no_code() -> None:
    content = read_notification(notification(structure(octets(b"MA304H"), u32(1), octets(b"MA304T"), u32(2))))
    assert content.form == "positional"


@pytest.mark.parametrize("value", [structure(), array(), structure(u32(1))])
@pytest.mark.parametrize("form", [items, pairs])
def test_a_list_for_a_value_makes_a_list_positional(value: bytes, form: Callable[[Sequence[Coded]], bytes]) -> None:
    content = read_notification(notification(form([Coded(P_EXPORT, u32(1)), Coded(P_IMPORT, value)])))
    assert content.form == "positional"
    assert [item.code for item in content.items] == [None] * len(content.items)


def test_a_second_scale_behind_a_value_makes_no_pairs() -> None:
    scales = scaler_unit(0, 27), scaler_unit(1, 27)
    assert read_notification(notification(structure(octets(P_IMPORT), u32(1), *scales))).form == "positional"


def test_a_message_of_a_meter_of_one_phase() -> None:
    nothing: Sequence[bytes] = [NULL] * 4
    elements = [text("NGAIR_V0001"), octets(P_IMPORT), u32(900), octets(I1), u32(391), *nothing]
    body = notification(structure(*elements, octets(U1), u16(230), *nothing), TIME)
    assert told(read_notification(body)) == [(None, b"NGAIR_V0001"), (P_IMPORT, 900), (I1, 391), (U1, 230)]


def test_a_null_behind_a_code_is_a_value_that_is_not_known() -> None:
    content = read_notification(notification(structure(octets(P_IMPORT), NULL, octets(P_EXPORT), u32(3))))
    assert told(content) == [(P_IMPORT, None), (P_EXPORT, 3)]


def test_attributes_of_a_register_that_are_not_its_value_have_no_code() -> None:
    objects = array(
        definition(P_IMPORT),
        definition(P_IMPORT, attribute=3),
        definition(P_EXPORT, cosem_class=4, attribute=4),
        definition(CLOCK, cosem_class=8),
        definition(PUSH, cosem_class=40, attribute=1),
    )
    body = notification(structure(objects, u32(5), scaler_unit(1, 27), u16(9), octets(TIME), octets(PUSH)))
    content = read_notification(body)
    assert content.form == "described"
    assert [(item.code, item.value, item.scaler, item.unit) for item in content.items] == [
        (P_IMPORT, 5, 1, 27),
        (None, 9, None, None),
        (CLOCK, TIME, None, None),
        (PUSH, PUSH, None, None),
    ]


def test_described_values_in_a_list_of_their_own() -> None:
    objects = array(definition(P_IMPORT), definition(P_EXPORT))
    content = read_notification(notification(structure(objects, structure(u32(5), u32(6)))))
    assert (content.form, told(content)) == ("described", [(P_IMPORT, 5), (P_EXPORT, 6)])


@pytest.mark.parametrize("values", [(), (u32(1),), (u32(1), u32(2), u32(3)), (structure(u32(1)),)])
def test_another_number_of_values_than_of_objects_is_refused(values: tuple[bytes, ...]) -> None:
    objects = array(definition(P_IMPORT), definition(P_EXPORT))
    with pytest.raises(EncodingError, match="a list of 2 objects with"):
        read_notification(notification(structure(objects, *values)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x0f",
        b"\x0f\0\0\0\0",
        b"\x0e" + notification(u32(1))[1:],
        b"\x0f\0\0\0\0\x0d" + TIME + b"\x01\x00",
        b"\x0f\0\0\0\0\x0c" + TIME[:-1],
        notification(structure(u32(1))) + b"\0",
    ],
)
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(EncodingError):
        read_notification(body)


@pytest.mark.parametrize("mark", [b"\x00", b"\x09\x00", b"\x0c" + TIME, b"\x09\x0c" + TIME, b"\x19" + TIME])
def test_a_header_with_and_without_time_and_its_tag(mark: bytes) -> None:
    body = b"\x0f\x40\0\0\0" + mark + structure(u32(1), u32(2))
    content = read_notification(body)
    assert (content.clock is None) == (TIME not in mark)
    assert content.clock is None or body[slice(*content.clock)] == TIME
    assert begins_notification(body)
    assert not begins_notification(body[: 5 + len(mark)])


@given(data=st.binary(max_size=120))
@example(data=notification(structure(array(definition(P_IMPORT)), scaler_unit(0, 0)))[5:])
@example(data=notification(structure(array(definition(P_IMPORT))))[5:])
def test_any_bytes_are_a_list_or_an_error(data: bytes) -> None:
    assert_list_or_error(b"\x0f\0\0\0\0" + data)


CODES: st.SearchStrategy[Plain] = CODE.map(lambda code: (9, code))
ENTRIES: st.SearchStrategy[Plain] = st.tuples(st.just(2), st.lists(CODES | TREE, max_size=4))


@given(trees=st.lists(TREE | CODES | ENTRIES, max_size=8), outer=st.sampled_from((1, 2)))
def test_any_tree_is_a_list_or_an_error(trees: list[Plain], outer: int) -> None:
    assert_list_or_error(notification(written((outer, trees))))


@given(
    values=st.lists(coded(), min_size=1, max_size=6),
    form=st.sampled_from((items, pairs, lambda values: described(values, itself=True))),
    at=st.integers(0, 10_000),
    byte=st.integers(0, 255),
)
def test_a_damaged_list_is_a_list_or_an_error(values: Values, form: object, at: int, byte: int) -> None:
    assert callable(form)
    body = bytearray(notification(form([value for value, _ in values])))
    body[at % len(body)] = byte
    assert_list_or_error(bytes(body))


def assert_list_or_error(body: bytes) -> None:
    content = error_of(read_notification, body)
    if isinstance(content, str):
        assert content.isprintable()
        return
    assert len(content.items) <= len(body)
    for item in content.items:
        assert 0 < item.start <= item.stop <= len(body)
        if isinstance(item.value, bytes):
            assert body[item.start : item.stop] == item.value


def test_signs_are_read_as_such() -> None:
    assert told(read_notification(notification(items([Coded(I1, i16(-93), (-1, 33))])))) == [(I1, -93)]

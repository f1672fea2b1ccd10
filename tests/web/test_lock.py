"""The password on the page: asked for at the first change, kept as a token, and what is told when it is not taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Locator, expect

from tests.contracts.wires import free_port
from tests.program import PASSWORD, Box, running
from tests.web.conftest import DESKTOP, SCHEMES, SMALL_PHONE, OpenPage
from tests.web.test_axe import axe
from tests.web.visit import Visit

ANOTHER = "quite another one"


@pytest.fixture(name="house", scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box with a charger whose password these tests may change."""
    with _running(tmp_path_factory.mktemp("data")) as box:
        box.until("/api/v1/site", lambda site: site["chargers"])
        yield box
        assert box.stop() == 0


def dialog(visit: Visit) -> Locator:
    return visit.page.get_by_role("dialog", name="The box's password")


def pause(visit: Visit) -> Locator:
    return visit.page.locator('.outlet [data-part="pause"]')


def tell(visit: Visit, password: str) -> None:
    """Type a password, as a person would."""
    visit.field("password").fill(password)
    visit.page.keyboard.press("Enter")


def test_the_first_change_asks_for_the_password_and_goes_on(house: Box, open_page: OpenPage) -> None:
    visit = open_page(house.url)
    expect(pause(visit)).to_have_text("Pause")
    pause(visit).click()
    expect(visit.field("password")).to_be_focused()
    assert house.json("/api/v1/outlets/")[0]["wish"]["paused"] is False
    tell(visit, "not the password")
    expect(dialog(visit).get_by_role("alert")).to_have_text("That is not the password.")
    expect(visit.field("password")).to_be_focused()
    tell(visit, PASSWORD)
    expect(dialog(visit)).to_have_count(0)
    expect(pause(visit)).to_have_text("Resume")
    expect(pause(visit)).to_be_focused()
    assert house.json("/api/v1/outlets/")[0]["wish"]["paused"] is True
    assert visit.page.evaluate("Object.values(localStorage).join()").find(PASSWORD) == -1
    visit.page.reload()
    expect(pause(visit)).to_have_text("Resume")
    pause(visit).click()
    expect(pause(visit)).to_have_text("Pause")
    expect(dialog(visit)).to_have_count(0)
    visit.forgive("401")


def test_nothing_is_changed_for_those_who_do_not_tell_it(house: Box, open_page: OpenPage) -> None:
    visit = open_page(house.url)
    pause(visit).click()
    expect(visit.field("password")).to_be_focused()
    visit.page.keyboard.press("Escape")
    told = visit.page.locator('.outlet [data-part="problem"]')
    expect(told).to_have_text("Nothing was changed: that needs the box's password.")
    expect(pause(visit)).to_have_text("Pause")
    assert house.json("/api/v1/outlets/")[0]["wish"]["paused"] is False
    pause(visit).click()
    dialog(visit).get_by_role("button", name="Cancel").click()
    expect(dialog(visit)).to_have_count(0)


def test_in_and_out_by_the_menu(house: Box, open_page: OpenPage) -> None:
    visit = open_page(house.url)
    menu = visit.page.locator(".choices summary")
    menu.click()
    visit.field("sign").click()
    visit.field("password").fill(PASSWORD)
    dialog(visit).get_by_role("button", name="Show").click()
    expect(visit.field("password")).to_have_attribute("type", "text")
    expect(visit.field("password")).to_have_value(PASSWORD)
    visit.field("sign_in").click()
    expect(dialog(visit)).to_have_count(0)
    token = visit.page.evaluate("localStorage.getItem('ngair.token')")
    menu.click()
    expect(visit.field("sign")).to_have_text("Sign out")
    with visit.page.expect_response("**/api/v1/logout") as answer:
        visit.field("sign").click()
    assert answer.value.status == 200
    assert visit.page.evaluate("localStorage.getItem('ngair.token')") is None
    kept = {"X-Ngair-Token": token, "Content-Type": "application/json"}
    assert house.send("/api/v1/fuses/main", "PATCH", b'{"rating_a": 10}', kept).status == 401
    menu.click()
    expect(visit.field("sign")).to_have_text("Sign in")


def test_too_many_tries_have_to_wait(open_page: OpenPage, tmp_path: Path) -> None:
    with _running(tmp_path) as box:
        visit = open_page(box.url)
        pause(visit).click()
        expect(visit.field("password")).to_be_focused()
        for number in range(20):
            wrong = msgspec.json.encode({"password": f"wrong number {number}"})
            if box.send("/api/v1/login", "POST", wrong, {"Content-Type": "application/json"}).status == 429:
                break
        tell(visit, "wrong once more")
        expect(dialog(visit).get_by_role("alert")).to_have_text(re.compile(r"Too many tries\. Wait \d+ s\."))
        expect(visit.field("sign_in")).to_be_disabled()
        before = dialog(visit).get_by_role("alert").inner_text()
        expect(dialog(visit).get_by_role("alert")).not_to_have_text(before)
        visit.leave()
    visit.forgive("429")


def test_a_box_without_a_password_says_how_to_set_one(open_page: OpenPage, tmp_path: Path) -> None:
    with _running(tmp_path, password=None) as box:
        visit = open_page(box.url)
        pause(visit).click()
        expect(dialog(visit)).to_contain_text("The box has no password yet")
        expect(dialog(visit)).to_contain_text("ngair password")
        expect(visit.field("password")).to_have_count(0)
        dialog(visit).get_by_role("button", name="Close").click()
        expect(dialog(visit)).to_have_count(0)
        visit.leave()


def test_a_token_that_holds_no_more_is_asked_for_again(open_page: OpenPage, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with _running(tmp_path, "--http", address) as box:
        visit = open_page(box.url, token=box.token)
        pause(visit).click()
        expect(pause(visit)).to_have_text("Resume")
        assert box.stop() == 0
    with _running(tmp_path, "--http", address) as again:
        again.until("/api/v1/site", lambda site: site["chargers"])
        pause(visit).click()
        tell(visit, PASSWORD)
        expect(pause(visit)).to_have_text("Pause")
        assert again.json("/api/v1/outlets/")[0]["wish"]["paused"] is False
        visit.leave()
    visit.forgive("net::ERR_", "401", "503")


def test_a_box_that_is_locked_for_reading_too(open_page: OpenPage, tmp_path: Path) -> None:
    """The browser itself asks for the page's sake; the page asks for changes, and no window of the browser appears."""
    with _running(tmp_path, "--read-lock", "on") as box:
        assert box.get("/").status == 401
        visit = open_page(box.url, http_credentials={"username": "ctek", "password": PASSWORD})
        visit.shown("now")
        for place in ("log", "box", "now"):
            visit.go(place)
            visit.quiet()
        pause(visit).click()
        tell(visit, PASSWORD)
        expect(pause(visit)).to_have_text("Resume")
        visit.leave()
    visit.forgive("401")


def test_another_password(house: Box, open_page: OpenPage) -> None:
    other = open_page(house.url, token=house.token)
    visit = open_page(house.url, place="box")
    form = visit.page.locator("ng-password")
    form.locator("summary").click()
    problem = visit.field("password_problem")

    def change(old: str, new: str, again: str) -> None:
        for field, text in (("old", old), ("next", new), ("again", again)):
            visit.field(field).fill(text)
        visit.field("change").click()

    change(PASSWORD, "7 chars", "7 chars")
    expect(problem).to_have_text("It needs 8 to 128 characters.")
    change(PASSWORD, ANOTHER, ANOTHER + ".")
    expect(problem).to_have_text("The two are not the same.")
    change("not the password", ANOTHER, ANOTHER)
    expect(problem).to_have_text("That is not the password.")
    change(PASSWORD, ANOTHER, ANOTHER)
    expect(visit.field("password_done")).to_have_text("The password is changed.")
    expect(visit.field("old")).to_have_value("")
    # This browser goes on as before; every other one has to tell the new one.
    visit.go("now")
    pause(visit).click()
    expect(pause(visit)).to_have_text("Resume")
    expect(pause(other)).to_have_text("Resume")
    pause(other).click()
    tell(other, PASSWORD)
    expect(dialog(other).get_by_role("alert")).to_have_text("That is not the password.")
    tell(other, ANOTHER)
    expect(pause(other)).to_have_text("Pause")
    visit.go("box")
    form.locator("summary").click()
    change(ANOTHER, PASSWORD, PASSWORD)
    expect(visit.field("password_done")).to_have_text("The password is changed.")
    for one in (visit, other):
        one.forgive("401")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("locale", ["en-GB", "sv-SE"])
def test_the_dialog_fits_and_breaks_no_rule(house: Box, open_page: OpenPage, scheme: str, locale: str) -> None:
    window = SMALL_PHONE if locale == "sv-SE" else DESKTOP
    visit = open_page(house.url, viewport=window, color_scheme=scheme, locale=locale)
    pause(visit).click()
    expect(visit.field("password")).to_be_focused()
    tell(visit, "not the password")
    words = {"en-GB": "That is not the password.", "sv-SE": "Det är inte lösenordet."}
    expect(visit.field("lock").get_by_role("alert")).to_have_text(words[locale])
    assert axe(visit)["violations"] == []
    assert visit.overflow_px() <= 0
    faint = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint["below"] == []
    visit.shot(f"lock-{window['width']}-{scheme}")
    visit.forgive("401")


def _running(folder: Path, *arguments: str, password: str | None = PASSWORD) -> AbstractContextManager[Box]:
    house = ["--meter", "sim:", "--charger", "sim:", "--main-fuse", "25", "--data", str(folder), "--mdns", "off"]
    return running("run", *house, *arguments, password=password)

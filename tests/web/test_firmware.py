"""New firmware by the page: sent, refused in words, installed while the page waits, and the page of the new version."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from ngair import __version__
from ngair.adapters.firmware.keys import load_private_key, make_keys
from ngair.adapters.firmware.making import sign_image
from tests.program import PASSWORD, Box
from tests.web.conftest import DESKTOP, SMALL_PHONE, OpenPage
from tests.web.test_axe import axe
from tests.web.test_lock import dialog, tell
from tests.web.visit import Visit
from tests.whole.images import Factory
from tests.whole.test_update import LaunchedBox, launched

SLOW_BYTES_PER_S = 20_000
"""By which an image takes minutes: it must not be there before somebody stops it, however slow they are."""
ENGLISH = {"viewport": DESKTOP, "color_scheme": "light", "locale": "en-GB"}
SWEDISH = {"viewport": SMALL_PHONE, "color_scheme": "dark", "locale": "sv-SE"}
UPDATE_MS = 100_000
"""Long enough for a loaded machine; nobody waits for it when things work."""
REMEMBER = """() => {
    document.documentElement.dataset.before = "yes";
    new MutationObserver(() => {
        for (const field of ["banners", "update_state", "sending"]) {
            const said = document.querySelector(`[data-field="${field}"]`)?.textContent ?? "";
            sessionStorage.setItem(field, `${sessionStorage.getItem(field) ?? ""} ${said}`);
        }
    }).observe(document, { subtree: true, childList: true, characterData: true });
}"""
"""Keep all that this page says until another one is there, however soon: a look now and then might come too late."""


@pytest.fixture(name="factory", scope="module")
def _factory(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    return Factory(tmp_path_factory.mktemp("images"), whole=False)


@pytest.fixture(name="image", scope="module")
def _image(factory: Factory) -> bytes:
    return factory.image("9.1.0").read_bytes()


@pytest.fixture(name="taking", scope="module")
def _taking(factory: Factory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedBox]:
    """A box that takes firmware; no test of those that share it brings any that is taken."""
    with _launched(tmp_path_factory.mktemp("launched"), factory) as box:
        yield box


def send(visit: Visit, name: str, image: bytes) -> None:
    """Choose a file and have it installed."""
    visit.field("image").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": image})
    visit.field("send").click()


def test_the_page_brings_the_next_version_and_becomes_it(factory: Factory, open_page: OpenPage, tmp_path: Path) -> None:
    image = factory.image("9.0.0").read_bytes()
    with _launched(tmp_path, factory) as updated:
        box = updated.box
        visit = open_page(box.url, place="box")
        expect(visit.field("ngair")).to_have_text(__version__)
        visit.page.evaluate(REMEMBER)
        send(visit, "ngair 9.0.0 (1) ÅÄÖ.ngfw", image)
        tell(visit, PASSWORD)
        before = visit.page.locator("html[data-before]")
        expect(before, "it is the page of the new version").to_have_count(0, timeout=UPDATE_MS)
        expect(visit.field("ngair")).to_have_text("9.0.0")
        assert "New firmware" in visit.page.evaluate("sessionStorage.banners")
        said = visit.page.evaluate("sessionStorage.update_state")
        assert "Version 9.0.0" in said
        assert "This page comes back by itself." in said
        updated.until_told("updated", "9.0.0")
        expect(visit.field("update")).to_have_attribute("data-state", "idle")
        expect(visit.banner("in").filter(has_text="New firmware")).to_have_count(0)
        expect(visit.field("update_problem")).to_be_empty()
        visit.go("log?kind=box")
        expect(visit.field("entries")).to_contain_text("Updated to ngair 9.0.0")
        visit.leave()
        assert box.stop() == 0
    visit.forgive("net::ERR_", "503")


def test_what_is_no_image_is_refused_in_words(taking: LaunchedBox, open_page: OpenPage) -> None:
    visit = open_page(taking.box.url, place="box", token=taking.box.token, locale="sv-SE")
    send(visit, "holiday.ngfw", b"\xff\xd8\xff\xe0" * 2_000_000)
    expect(visit.field("update_state")).to_contain_text("Det är ingen avbild.")
    expect(visit.field("send")).to_be_enabled()
    expect(visit.field("update_problem")).to_be_empty()
    visit.forgive("415", "net::ERR_")


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("unsigned", "Nobody has signed this image."),
        ("foreign", "Whoever signed this image is nobody that the box trusts."),
        ("damaged", "The image is damaged."),
        ("truncated", "The image is not whole."),
    ],
)
def test_a_flawed_image_is_refused_in_words(
    flaw: str, words: str, taking: LaunchedBox, image: bytes, open_page: OpenPage, tmp_path: Path
) -> None:
    visit = open_page(taking.box.url, place="box", token=taking.box.token)
    send(visit, "next.ngfw", _flawed(flaw, image, tmp_path))
    expect(visit.field("update_state")).to_contain_text(words)
    # The box says why before it answers the upload, and takes no other until then.
    expect(visit.field("send")).to_be_enabled()
    expect(visit.field("update_problem")).to_be_empty()
    assert taking.boot.trial is None
    visit.forgive("422", "net::ERR_")


def test_another_file_is_not_even_sent(taking: LaunchedBox, open_page: OpenPage) -> None:
    visit = open_page(taking.box.url, place="box", token=taking.box.token)
    send(visit, "holiday.jpg", b"\xff\xd8\xff\xe0")
    expect(visit.field("update_problem")).to_have_text("That is no firmware image: its name ends in .ngfw.")
    assert [one for one in visit.requests if "/upload/" in one] == []


def test_how_much_was_sent_and_how_to_stop(taking: LaunchedBox, image: bytes, open_page: OpenPage) -> None:
    visit = open_page(taking.box.url, place="box", token=taking.box.token)
    expect(visit.field("send")).to_be_visible()
    slow = visit.page.context.new_cdp_session(visit.page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_PER_S}
    slow.send("Network.emulateNetworkConditions", limits)
    visit.page.evaluate(REMEMBER)
    send(visit, "next.ngfw", image)
    sending = visit.field("sending")
    expect(sending).to_have_text(re.compile("^Sending, [1-9]"))
    assert "Sending, 0 %" in visit.page.evaluate("sessionStorage.sending")
    assert axe(visit)["violations"] == []
    taking.until_update("receiving", version="9.1.0")
    visit.page.get_by_role("button", name="Stop").click()
    expect(sending).to_have_count(0)
    expect(visit.field("send")).to_be_enabled()
    expect(visit.field("update_problem")).to_be_empty()
    taking.until_update("failed", version="9.1.0")
    assert taking.boot.trial is None
    visit.forgive("net::ERR_")


def test_a_program_that_nobody_could_go_back_to_says_what_to_do(box: Box, open_page: OpenPage) -> None:
    visit = open_page(box.url, place="box")
    expect(visit.field("send")).to_be_visible()
    send(visit, "next.ngfw", b"NGFW\r\n\x1a\x01")
    expect(dialog(visit)).to_be_visible()
    tell(visit, box.password)
    expect(visit.field("update_problem")).to_contain_text("`ngair install`")
    visit.forgive("403")


@pytest.mark.parametrize(
    ("state", "look", "words"),
    [
        ("receiving", SWEDISH, "Tar emot: 42"),
        ("installing", ENGLISH, "Installing"),
        ("waiting", SWEDISH, "Väntar på en stund som inte stör någon bil. Till dess får ingen bil mer"),
        ("restarting", ENGLISH, "Restarting"),
        ("trial", SWEDISH, "På prov"),
        ("failed", ENGLISH, "The image is for other boxes."),
    ],
)
def test_every_state_has_words(state: str, look: dict[str, Any], words: str, box: Box, open_page: OpenPage) -> None:
    reason = "wrong hardware" if state == "failed" else ""
    told = {"state": state, "version": "9.0.0", "progress": 42, "reason": reason, "detail": ""}
    told["holding"] = state == "waiting"

    def updating(site: Any) -> None:
        site["update"] = told

    visit = open_page(box.url, updating, place="box", **look)
    expect(visit.field("update_state")).to_contain_text(words)
    expect(visit.field("update_state")).to_contain_text("9.0.0")
    expect(visit.banner("in")).to_have_count(int(state != "failed"))
    assert visit.overflow_px() <= 0
    faint = visit.page.evaluate((Path(__file__).with_name("contrast.js")).read_text())
    assert faint["below"] == []


def _launched(folder: Path, factory: Factory) -> AbstractContextManager[LaunchedBox]:
    """A house without a car that could be disturbed: any moment is good for the restart.

    Its time is fast, so that a trial takes a few seconds; no faster, so that a loaded machine is in time for it.
    """
    return launched(folder, factory, sys.executable, "run", "--meter", "sim:?speed=5", "--main-fuse", "25")


def _flawed(flaw: str, image: bytes, folder: Path) -> bytes:
    at = 12 + int.from_bytes(image[8:12])
    match flaw:
        case "unsigned":
            return image[:at] + bytes(8 + 64) + image[at + 8 + 64 :]
        case "truncated":
            return image[:-100]
        case "damaged":
            return image[:-100] + bytes(100)
    foreign = folder / "foreign.ngfw"
    foreign.write_bytes(image)
    make_keys(folder / "foreign.key", "of somebody else")
    sign_image(foreign, load_private_key(folder / "foreign.key"))
    return foreign.read_bytes()

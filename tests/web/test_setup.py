"""The page of setup mode, on the demo in setup mode with a simulated radio: from the carton to the house's network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from ngair.adapters.web.files import SETUP_PATH
from ngair.model.ssid import ssid_text
from ngair.sim.radio import ADDRESSES, AIR
from ngair.sim.radio import PASSWORD as WIFI_PASSWORD
from tests.program import Box, running
from tests.web.conftest import DESKTOP, SCHEMES, SMALL_PHONE, OpenPage
from tests.web.test_axe import axe
from tests.web.test_lock import tell
from tests.web.test_shell import belonging_to, sizes
from tests.web.visit import Visit
from tests.web.wire import Wire

SIZE_MAX_BYTES = 30_000
SETUP = "/api/v1/setup"
OWN = "the box's own one"
HOME = "Home"
LITERAL = r"\x41lice"
IN_REACH = {ssid_text(air.ssid): air for air in reversed(AIR) if not air.hidden}
"""By name, the strongest where there are two."""
LACKING = """
    const refuse = () => { throw new DOMException("no", "SecurityError"); };
    Object.defineProperty(window, "localStorage", { get: refuse });
    Object.defineProperty(window, "sessionStorage", { get: refuse });
    delete AbortSignal.any; delete AbortSignal.timeout; delete Object.hasOwn; delete Array.prototype.at;
    delete window.structuredClone; delete String.prototype.at; delete Array.prototype.findLast; delete Array.fromAsync;
    delete Promise.withResolvers; delete Object.groupBy; delete window.CookieStore; delete navigator.locks;
"""
"""What a window for signing in to a network, or an old phone, may not have."""


@pytest.fixture(name="carton", scope="module")
def _carton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box fresh from its carton, to be looked at: no test of those that share it joins a network."""
    with running("demo", "--setup", env={"TMPDIR": str(tmp_path_factory.mktemp("demo"))}) as box:
        box.until(SETUP, lambda setup: setup["state"] == "open" and setup["networks"])
        yield box
        assert box.stop() == 0


@pytest.fixture(name="fresh")
def _fresh(tmp_path: Path) -> Iterator[Box]:
    """One of which a test may do as it likes."""
    with running("demo", "--setup", env={"TMPDIR": str(tmp_path)}) as box:
        box.until(SETUP, lambda setup: setup["state"] == "open" and setup["networks"])
        yield box


def view(visit: Visit, name: str) -> Locator:
    """The page while it shows something."""
    return visit.page.locator(f'main[data-view="{name}"]')


def at(box: Box) -> str:
    return box.url.rstrip("/") + SETUP_PATH


def choose(visit: Visit, ssid: str) -> None:
    visit.field("networks").locator("button").filter(has=visit.page.get_by_text(ssid, exact=True)).click()


def join(visit: Visit, wifi: str, own: str = OWN) -> None:
    """Type the passwords, and join."""
    for field, text in (("wifi", wifi), ("own", own), ("again", own)):
        visit.field(field).fill(text)
    visit.field("join").click()


def fits(visit: Visit) -> None:
    """No rule broken, nothing faint, nothing beside the window."""
    assert axe(visit)["violations"] == []
    faint = visit.page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint["below"] == []
    assert visit.overflow_px() <= 0


def test_from_the_carton_to_the_network(fresh: Box, open_page: OpenPage) -> None:
    r"""A wrong password first, then a network whose name is typed: it is called `\x41lice`, and nothing else."""
    with Wire(fresh.address) as wire:
        visit = open_page(wire.url.rstrip("/") + SETUP_PATH, viewport=SMALL_PHONE)
        choose(visit, HOME)
        expect(visit.page.get_by_role("heading", name="Join Home")).to_be_focused()
        # That it is being joined is all that this page hears before the contact is lost, however late that is.
        visit.page.route(f"**{SETUP}", lambda route: route.abort())
        join(visit, "wrong horse")
        expect(view(visit, "joining").get_by_role("heading")).to_have_text("Joining Home…")
        _lose_contact(fresh, visit, wire)
        reason = "The password of Home is not right. Type it again."
        expect(visit.field("problem")).to_have_text(reason)
        expect(visit.page.get_by_role("heading", name="Join Home")).to_be_visible()
        # Whoever closed the window meanwhile finds the same.
        visit.page.reload()
        expect(visit.field("problem")).to_have_text(reason)
        expect(visit.page.get_by_role("heading", name="Join Home")).to_be_visible()
        expect(visit.field("wifi")).to_have_value("")
        expect(visit.field("own")).to_have_count(0)
        visit.field("back").click()
        visit.field("other").click()
        visit.field("join").click()
        expect(visit.page.get_by_text("A network's name has 1 to 32 bytes.")).to_be_visible()
        visit.field("name").fill(LITERAL)
        visit.field("wifi").fill(WIFI_PASSWORD)
        visit.page.keyboard.press("Enter")
        _to_its_page(fresh, visit)
        visit.leave()
    # It was done before the access point was back.
    visit.forgive("net::ERR_", "401")
    visit.outside.clear()


def test_what_the_box_says_before_it_has_heard_of_a_join_undoes_nothing(carton: Box, open_page: OpenPage) -> None:
    visit = open_page(carton.url, go=False)
    visit.page.clock.install()
    visit.page.goto(at(carton))
    choose(visit, HOME)
    visit.page.clock.pause_at(visit.page.evaluate("Date.now()") + 1000)
    questions: list[Route] = []
    visit.page.route(f"**{SETUP}", lambda route: questions.append(route))
    joins: list[Route] = []
    visit.page.route(f"**{SETUP}/join", lambda route: joins.append(route))
    while not questions:
        visit.page.clock.run_for(500)
    join(visit, WIFI_PASSWORD)
    with visit.page.expect_response(f"**{SETUP}"):
        questions[0].continue_()
    visit.page.evaluate("fetch('/icon.svg').then((answer) => answer.text())")
    expect(view(visit, "joining")).to_be_visible()
    # What nobody has decided upon is sent when the page closes, and other tests need the box as it is.
    joins[0].fulfill(status=202, json=carton.json(SETUP) | {"state": "joining"})


def _lose_contact(box: Box, visit: Visit, wire: Wire) -> None:
    """The one radio takes the access point away while it tries."""
    box.until(SETUP, lambda setup: setup["state"] == "joining" or setup["error"])
    wire.cut()
    visit.page.unroute(f"**{SETUP}")
    name = box.json(SETUP)["access_point"]
    expect(visit.field("away")).to_contain_text(f"join {name} again")
    fits(visit)
    box.until(SETUP, lambda setup: setup["state"] == "open" and setup["error"])
    expect(view(visit, "joining")).to_be_visible()
    wire.mend()
    expect(visit.field("away")).to_have_count(0)


def _to_its_page(box: Box, visit: Visit) -> None:
    """It was joined: where the box is found; there its owner may begin anew, by the password that was just set."""
    expect(view(visit, "joined")).to_be_visible()
    assert box.json(SETUP)["joined"]["ssid"] == ssid_text(LITERAL.encode())
    port = urlsplit(visit.page.url).port
    hosts = [host if ":" not in host else f"[{host}]" for host in ("ctek-ng-air.local", *ADDRESSES)]
    expect(visit.field("addresses").locator("li")).to_have_text([f"http://{host}:{port}/" for host in hosts])
    fits(visit)
    visit.field("done").click()
    expect(view(visit, "finished")).to_contain_text(f"back to {ssid_text(LITERAL.encode())}, then open:")
    box.until(SETUP, lambda setup: setup["state"] == "off")
    visit.page.goto(box.url + "#/box")
    expect(visit.field("ssid")).to_have_text(ssid_text(LITERAL.encode()))
    expect(visit.field("rssi")).to_contain_text("dBm")
    visit.field("network").locator("summary").click()
    expect(visit.field("network")).to_contain_text("this page loses contact")
    visit.field("setup").click()
    tell(visit, OWN)
    expect(visit.field("network")).to_contain_text("Setup mode is on: join the Wi-Fi ngair-")
    assert box.json(SETUP)["password_may_be_set"] is False


@pytest.mark.long
@pytest.mark.parametrize("ssid", ["Vanishing", r"caf\xe9"])
def test_a_network_that_is_gone_leads_back_to_the_others(ssid: str, fresh: Box, open_page: OpenPage) -> None:
    visit = open_page(at(fresh))
    choose(visit, ssid)
    join(visit, WIFI_PASSWORD)
    if ssid != "Vanishing":
        expect(view(visit, "joined")).to_be_visible()
        assert fresh.json(SETUP)["joined"]["ssid"] == ssid
        return
    expect(visit.field("problem")).to_contain_text("Vanishing is not in reach any more.")
    expect(view(visit, "networks")).to_be_visible()
    choose(visit, "Garden (open)")
    expect(visit.field("problem")).to_be_empty()


def test_the_networks_in_reach(carton: Box, open_page: OpenPage) -> None:
    visit = open_page(at(carton))
    rows = visit.field("networks").locator("li")
    expect(rows).to_have_count(len(IN_REACH) + 1)
    strongest = sorted(IN_REACH.values(), key=lambda air: -air.strength)
    names = rows.locator('[data-part="ssid"]').evaluate_all("all => all.map((one) => one.textContent)")
    pictures = {r"\xff" + "\0\x1b[31m\r\n": r"\xff␀␛[31m␍␊", " ": "␣"}
    assert names == [pictures.get(ssid_text(air.ssid), ssid_text(air.ssid)) for air in strongest]
    assert visit.page.locator("main img, main b, main script").count() == 0
    expect(visit.page.get_by_role("button", name="Home with password, signal 4 of 4", exact=True)).to_be_visible()
    expect(visit.page.get_by_role("button", name="Garden (open) without password, signal 3 of 4")).to_be_visible()
    before = visit.asked("/ssid/")
    visit.field("refresh").click()
    expect(visit.field("refresh")).to_be_enabled()
    assert visit.asked("/ssid/") == before + 1
    expect(rows).to_have_count(len(IN_REACH) + 1)


def test_what_cannot_be_right_is_not_even_tried(carton: Box, open_page: OpenPage) -> None:
    visit = open_page(at(carton))
    choose(visit, HOME)
    join(visit, "short", "7 chars")
    wrong = visit.page.locator(".setup-form .problem")
    expect(wrong).to_have_text(
        ["A Wi-Fi password has 8 to 63 characters.", "It needs at least 8 characters, and at most 128."]
    )
    expect(visit.field("wifi")).to_have_attribute("aria-invalid", "true")
    visit.field("wifi").fill("long enough")
    visit.field("own").fill("long enough, too")
    expect(wrong).to_have_text(["The two are not the same."])
    visit.field("show").click()
    for field in ("wifi", "own", "again"):
        expect(visit.field(field)).to_have_attribute("type", "text")
    visit.field("back").click()
    choose(visit, "Garden (open)")
    expect(visit.field("wifi")).to_have_count(0)
    expect(visit.page.get_by_text("whoever is near can read along")).to_be_visible()
    visit.field("back").click()
    choose(visit, "Office")
    expect(visit.field("join")).to_be_disabled()
    expect(visit.page.get_by_text("wants a user name")).to_be_visible()
    assert [one for one in visit.requests if one.endswith("/join")] == []


def test_a_phone_that_looks_for_the_internet_finds_the_page(carton: Box, open_page: OpenPage) -> None:
    for path in ("generate_204", "hotspot-detect.html", "connecttest.txt", ""):
        visit = open_page(carton.url + path)
        expect(view(visit, "networks")).to_be_visible()
        assert urlsplit(visit.page.url).path == SETUP_PATH


def test_in_a_browser_that_lacks_much(carton: Box, open_page: OpenPage) -> None:
    visit = open_page(carton.url, go=False, viewport=SMALL_PHONE)
    visit.page.add_init_script(LACKING)
    visit.page.goto(at(carton))
    choose(visit, HOME)
    expect(visit.field("wifi")).to_be_visible()
    visit.field("language").select_option("sv")
    expect(visit.page.get_by_role("heading", name="Anslut till Home")).to_be_visible()


def test_the_page_is_small_and_needs_nobody_else(carton: Box, open_page: OpenPage) -> None:
    visit = open_page(at(carton))
    expect(view(visit, "networks")).to_be_visible()
    visit.page.wait_for_load_state("load")
    ours = belonging_to(SETUP_PATH)
    asked = {urlsplit(address).path for address in visit.requests}
    assert {path for path in ours if path.startswith("/assets/")} <= asked
    assert asked - ours <= {SETUP, "/ssid/", "/icon.svg", "/favicon.ico"}
    all_bytes = sum(sizes()[path] for path in ours | (asked & sizes().keys()))
    print(f"the page of setup mode, compressed: {all_bytes} bytes")  # noqa: T201
    assert all_bytes < SIZE_MAX_BYTES


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("locale", "window"), [("en-GB", DESKTOP), ("sv-SE", SMALL_PHONE)])
def test_it_fits_and_breaks_no_rule(
    carton: Box, open_page: OpenPage, scheme: str, locale: str, window: dict[str, int]
) -> None:
    visit = open_page(at(carton), viewport=window, color_scheme=scheme, locale=locale)
    expect(visit.field("networks")).to_be_visible()
    assert visit.page.evaluate("document.documentElement.lang") == locale[:2]
    fits(visit)
    visit.shot(f"setup-networks-{window['width']}-{scheme}", whole=True)
    choose(visit, HOME)
    join(visit, "short", "short")
    expect(visit.field("join")).to_be_visible()
    fits(visit)
    visit.shot(f"setup-form-{window['width']}-{scheme}", whole=True)


def test_a_box_that_looks_after_no_network_says_so(box: Box, open_page: OpenPage) -> None:
    visit = open_page(at(box))
    expect(view(visit, "off").get_by_role("heading")).to_have_text("Setup mode is off")
    visit.page.get_by_role("link", name="To the box's page").click()
    visit.shown("now")
    visit.forgive("404")

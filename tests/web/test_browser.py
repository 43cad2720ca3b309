"""A real browser without JavaScript does the main things on the pages, and nothing leaves this machine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from waitress.server import create_server

from tests.support.fake_services import FakeServices, loaded_services
from web import create_app

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine (apt install chromium)"),
]

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NAME = "Get Cloudy West - 35 Custom Sneakers"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeServices]]:
    """The pages, served on a free port."""
    services = loaded_services(tmp_path_factory.mktemp("browser"))
    server = create_server(create_app(services), host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}", services
    server.close()
    thread.join(5)
    services.close()


@pytest.fixture
def page(site: tuple[str, FakeServices]) -> Iterator[Page]:
    """A page of a browser that runs no scripts. It fails the test if anything is asked for from elsewhere."""
    base, _ = site
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(base_url=base, java_script_enabled=False, locale="en-GB")
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        yield context.new_page()
        browser.close()
    assert [url for url in asked if not url.startswith((base, "data:"))] == []


def test_a_trainee_creates_the_opportunity_and_its_contact_role(page: Page) -> None:
    page.goto("/pipeline")
    page.get_by_role("link", name="New Opportunity").click()
    page.get_by_role("textbox", name="Name").fill(NAME)
    page.get_by_label("Account", exact=True).select_option(label="Get Cloudy West")
    page.get_by_role("textbox", name="Close date").fill("2026-12-18")
    page.get_by_role("combobox", name="Stage").select_option(value="Needs Analysis")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    expect(page.get_by_text("Saved in your database.")).to_be_visible()
    expect(page.locator(".fm-facts").get_by_text("in Salesforce")).to_be_visible()

    page.get_by_role("link", name="Add Contact Roles").click()
    page.get_by_label("Lars Johnson").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Role of Lars Johnson").select_option(value="Decision Maker")
    page.get_by_role("radio", name="Primary").check()
    page.get_by_role("button", name="Save").click()

    roles = page.get_by_role("region", name="Contact roles")
    expect(roles.get_by_role("link", name="Lars Johnson", exact=True)).to_be_visible()
    expect(roles.get_by_text("Primary")).to_be_visible()


def test_the_page_reads_the_same_way_in_chinese_and_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/pipeline?lang=zh_CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.locator("summary").click()
    page.get_by_role("navigation").get_by_role("link", name="练习").click()
    expect(page.get_by_role("heading", level=1, name="练习")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1024])
def test_no_page_scrolls_sideways(page: Page, site: tuple[str, FakeServices], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    deal = site[1].site.org.store.select("Opportunity", "1 = 1")[0]["Id"]
    for path in (
        "/pipeline",
        "/opportunities?status=open",
        f"/opportunities/{deal}",
        f"/opportunities/{deal}/edit",
        f"/opportunities/{deal}/contact-roles/new",
        "/accounts",
        "/contacts",
        "/stages",
        "/sync",
        "/practice",
        f"/in-salesforce/Opportunity/{deal}",
        "/-/states",
    ):
        for language in ("en", "zh_CN"):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} in {language}"


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page) -> None:
    page.goto("/accounts?lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "fm-skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")

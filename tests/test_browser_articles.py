"""Articles added on the page by their address, from a real server on loopback."""

import threading

import pytest

from tests.conftest import SEEDS
from tests.fakes import AnsweringChatModel
from tests.news_server import page as news_page
from tests.news_server import send
from tests.test_browser_page import MODEL, answered, ask, open_page, ready, screenshot, seed_address  # noqa: F401
from tests.test_ingest_web import feed, server  # noqa: F401  a fixture

pytestmark = pytest.mark.browser

TRAM = "The Gannet tram opens on 4 May, mayor Ana Ruiz said."
FETCHING = {"allow_loopback": True, "fetch_delay": 0, "fetch_timeout": 5, "fetch_retries": 0}


def add(page, address):
    """Open the tab, type an address and press Enter."""
    page.get_by_role("tab", name="Articles").click()
    page.get_by_text("1 article", exact=False).first.wait_for()
    box = page.get_by_label("Address of an article or a feed")
    box.fill(address)
    box.press("Enter")


def listed(page):
    return page.locator("#nd-articles label").all_inner_texts()


def test_an_article_is_added_by_its_address_and_answers(serve_page, open_page, server):  # noqa: F811
    seen = threading.Event()

    def slow(request):
        seen.wait(5)
        send(request, news_page("Gannet tram opens", TRAM))

    server.pages["/tram"] = slow
    page = ready(open_page(serve_page(SEEDS, chat=AnsweringChatModel(**MODEL), **FETCHING)))
    add(page, f" {server.root}/tram ")
    page.locator("#nd-result", has_text="Fetching …").wait_for()
    seen.set()
    page.locator("#nd-result", has_text="added 1").wait_for(timeout=20_000)
    assert "Gannet tram opens · The Post · 12 February 2025" in listed(page)
    assert page.get_by_label("Address of an article or a feed").input_value() == ""
    page.get_by_role("tab", name="Chat").click()
    ask(page, "When does the Gannet tram open?")
    answered(page, "4 May")
    assert page.locator(".nd-card header a[target]").first.get_attribute("href") == f"{server.root}/tram"


def test_a_feed_brings_its_articles_and_names_what_it_could_not_fetch(serve_page, open_page, server):  # noqa: F811
    server.pages |= {
        "/tram": news_page("Gannet tram opens", TRAM),
        "/ferry": news_page("Ferry sails", "The ferry sails at nine, said captain Jo Maddox."),
        "/feed": feed(server, ("Tram", "/tram"), ("Ferry", "/ferry"), ("Gone", "/gone")),
    }
    page = ready(open_page(serve_page(SEEDS, **FETCHING)))
    add(page, f"{server.root}/feed")
    page.locator("#nd-result", has_text="added 2, failed 1").wait_for(timeout=20_000)
    assert "/gone" in page.locator(".nd-failed").inner_text()
    assert len(listed(page)) == 3
    screenshot(page, "feed-1440-light")
    page.locator("#nd-articles label", has_text="Ferry sails").click()
    page.locator("#nd-preview", has_text="captain Jo Maddox").wait_for()
    server.pages["/ferry"] = news_page("Ferry sails", "The ferry sails at ten, said captain Jo Maddox.")
    page.get_by_role("button", name="Read it again").click()
    page.locator("#nd-result", has_text="updated 1").wait_for(timeout=20_000)


@pytest.mark.parametrize("address", ["{root}/tram", "file:///etc/hostname", "http://", "192.168.1.1/story"])
def test_what_must_not_be_fetched_is_refused_on_the_page_too(seed_address, open_page, server, address):  # noqa: F811
    server.pages["/tram"] = news_page("Gannet tram opens", TRAM)
    page = ready(open_page(seed_address))  # as the product is set: no page of this machine, either
    add(page, address.format(root=server.root))
    page.locator("#nd-result", has_text="failed 1").wait_for(timeout=20_000)
    assert page.locator(".nd-failed li").count() == 1
    assert len(listed(page)) == 1
    assert server.asked == []

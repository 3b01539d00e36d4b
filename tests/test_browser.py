"""The page in a real browser: Debian's Chromium, driven by Playwright, on the real models."""

import os
import re
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import PROJECT, SEEDS

pytestmark = [pytest.mark.browser, pytest.mark.model]

ANSWER_SECONDS = 120


@pytest.fixture(scope="module")
def address(tmp_path_factory, seed_pipeline):
    """The page as `make chat` serves it, in a process of its own."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("chat")
    command = [sys.executable, "-m", "ui"]
    subprocess.run([*command, "ingest", str(SEEDS), "--data-dir", str(folder / "i")], cwd=folder, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, "chat", "--port", str(port), "--data-dir", str(folder / "i")], cwd=folder
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            break
        except OSError:
            assert process.poll() is None, "the chat ended"
            time.sleep(0.3)
    yield url
    process.terminate()
    process.wait(20)


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    foreign = []
    opened.on(
        "request", lambda r: foreign.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else None
    )
    opened.goto(address)
    opened.get_by_label("Your question").wait_for(timeout=30_000)
    yield opened
    context.close()
    assert foreign == [], "the page asked for something from elsewhere"


def ask(page, question):
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")


def screenshot(page, name):
    folder = Path(os.environ.get("NEWSDESK_SCREENSHOTS", PROJECT / "test-artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


def test_the_cited_answer_stands_beside_its_passage(page):
    ask(page, "what is the NATO spending target?")
    card = page.locator(".nd-card")
    card.first.wait_for(timeout=ANSWER_SECONDS * 1000)
    reply = page.locator(".bot").last.inner_text()
    assert "2%" in reply
    assert "[1]" in reply
    assert "2% target" in card.first.locator("mark").inner_text()
    assert "Pete Hegseth Visits NATO" in card.first.inner_text()
    screenshot(page, "answer-1440-light")


def test_what_the_articles_do_not_say_is_declined(page):
    ask(page, "What is Japan's defence budget?")
    page.get_by_text("The articles don't say.").wait_for(timeout=ANSWER_SECONDS * 1000)
    assert page.locator(".nd-card").count() == 0
    assert page.get_by_text("The nearest passages").is_visible()
    assert not re.search(r"\d", page.locator(".bot").last.inner_text())
    screenshot(page, "abstention-1440-light")


def test_a_follow_up_uses_the_conversation(page):
    ask(page, "In which city is the upcoming NATO leaders summit?")
    page.locator(".nd-card").first.wait_for(timeout=ANSWER_SECONDS * 1000)
    ask(page, "When is it?")
    page.locator(".bot").filter(has_text="June").wait_for(timeout=ANSWER_SECONDS * 1000)


def test_a_question_that_is_too_long_is_a_message_in_the_chat(page):
    ask(page, "why " * 1000)
    page.get_by_text("ask a shorter one").wait_for(timeout=ANSWER_SECONDS * 1000)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "dark")])
def test_the_page_fits_a_phone_and_the_dark(browser, address, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    opened = context.new_page()
    opened.goto(address)
    ask(opened, "Which country convened the recent session?")
    opened.locator(".nd-card").first.wait_for(timeout=ANSWER_SECONDS * 1000)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    screenshot(opened, f"answer-{width}-{scheme}")
    context.close()

"""The page as `make chat` serves it: a process of its own, the real models, a real browser."""

import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.conftest import SEEDS, free_port
from tests.test_browser_page import answered, ask, open_page, ready, screenshot  # noqa: F401  a fixture

pytestmark = [pytest.mark.browser, pytest.mark.model]

ANSWER_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def address(tmp_path_factory, seed_pipeline):
    folder = tmp_path_factory.mktemp("chat")
    command = [sys.executable, "-m", "ui"]
    subprocess.run([*command, "ingest", str(SEEDS), "--data-dir", str(folder / "i")], cwd=folder, check=True)
    port = free_port()
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
def page(open_page, address):  # noqa: F811
    return ready(open_page(address))


def test_the_cited_answer_stands_beside_its_passage(page):
    ask(page, "what is the NATO spending target?")
    reply = answered(page, "[1]", ANSWER_MILLISECONDS).inner_text()
    assert "2%" in reply
    card = page.locator(".nd-card").first
    assert "2% target" in card.locator("mark").inner_text()
    assert "Pete Hegseth Visits NATO" in card.inner_text()
    screenshot(page, "answer-1440-light-real-model")


def test_what_the_articles_do_not_say_is_declined(page):
    ask(page, "What is Japan's defence budget?")
    reply = answered(page, "The articles don't say.", ANSWER_MILLISECONDS)
    assert page.locator(".nd-card").count() == 0
    assert not re.search(r"\d", reply.locator(".nd-text").inner_text())


def test_a_follow_up_uses_the_conversation(page):
    ask(page, "In which city is the upcoming NATO leaders summit?")
    answered(page, "[1]", ANSWER_MILLISECONDS)
    ask(page, "When is it?")
    answered(page, "June", ANSWER_MILLISECONDS)


def test_a_question_that_is_too_long_is_a_message_in_the_chat(page):
    ask(page, "why " * 1000)
    page.get_by_text("ask a shorter one").wait_for(timeout=ANSWER_MILLISECONDS)


def test_the_port_is_free_again_after_the_program_was_stopped(start_newsdesk, tmp_path):
    port = free_port()
    process = start_newsdesk("chat", "--port", port, "--llm", "none", "--data-dir", tmp_path / "i")
    for line in process.stdout:
        if "newsdesk is at" in line:
            break
    process.terminate()
    rest = process.stdout.read()
    assert process.wait(20) in (0, -15)
    assert "Traceback" not in rest
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))

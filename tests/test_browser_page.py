"""The page in a real browser, on the real index and embeddings, with a model that says what it was told to."""

import json
import os
import re
import time
import urllib.error
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe

from eval.records import FORMAT, CaseRecord, Run, write_run
from tests.conftest import PROJECT, SEEDS, free_port, served
from tests.fakes import AnsweringChatModel

pytestmark = pytest.mark.browser

QUESTION = "What is the NATO spending target?"
ANSWER = "The NATO spending target is 2% of GDP [1]."
REPLIES = {
    "crash": "CRASH",
    "When is it": "The leaders summit in The Hague is in June.\nShort: June",
    "Gannet tram": "The Gannet tram opens on 4 May, mayor Ana Ruiz said.\nShort: 4 May",
    "spending target": "The NATO spending target is 2% of GDP.\nShort: 2%",
    "convened": "The United Kingdom convened the recent session.\nShort: the United Kingdom",
    "summit": "The NATO leaders summit is in The Hague, slated for June.\nShort: The Hague",
}
TRAM = """---
title: Gannet tram opens
source: Harbour Post
published_at: 2025-04-12
url: https://harbour-post.example/tram
---

The Gannet tram opens on 4 May, mayor Ana Ruiz said. The line cost 40 million crowns.
"""
HOSTILE = """---
id: hostile
title: "<img src=x onerror=window.pwned=1> ${window.pwned=2} {{constructor}}"
source: "<script>window.pwned=3</script>"
url: "javascript:window.pwned=4"
published_at: 2025-04-12
---

The Gannet tram opens on 4 May, mayor Ana Ruiz said. <img src=x onerror=window.pwned=5> ${window.pwned=6}
<a href="javascript:window.pwned=7">here</a> ![x](http://192.0.2.1/x.png) [click](http://192.0.2.1/) <b>bold</b>
"""
MODEL = {"replies": REPLIES, "pause": 0.02}


@pytest.fixture
def open_page(browser):
    """Open an address as a new user; the page must ask for nothing from elsewhere, and no script may fail."""
    opened, foreign, errors = [], [], []

    def go(address, width=1440, height=900, scheme="light", context=None):
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            opened.append(context)
        page = context.new_page()
        own = (address.split("/answer")[0], "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        return page

    yield go
    for context in opened:
        context.close()
    assert foreign == [], "the page asked for something from elsewhere"
    assert errors == []


@pytest.fixture(scope="session")
def seed_address(tmp_path_factory, embeddings):
    """The address of the seed article with a scripted model, for tests that change no article."""
    from eval.indexes import index_corpus
    from qa.build import Models
    from qa.config import load_settings
    from qa.llm import LanguageModel

    folder = tmp_path_factory.mktemp("page")
    settings = load_settings(data_dir=folder, llm="none", port=free_port())
    index_corpus(settings, [SEEDS], embeddings, lambda _: None)
    with served(settings, Models(embeddings, LanguageModel(AnsweringChatModel(**MODEL), "scripted"))) as address:
        yield address


@pytest.fixture
def chat_page(seed_address, open_page):
    """The seed article and a scripted model, opened by one user."""
    return ready(open_page(seed_address))


def ready(page):
    page.get_by_label("Your question").wait_for(timeout=30_000)
    page.locator("#nd-chat .placeholder, #nd-chat .nd-answer").filter(
        has_text=re.compile("[a-z]{3}")
    ).first.wait_for(timeout=30_000)
    return page


def ask(page, question):
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")


def answered(page, text, timeout=20_000):
    """Wait for a finished answer that holds a text."""
    found = page.locator(".nd-answer", has_text=text).filter(has=page.locator(".nd-foot a")).last
    found.wait_for(timeout=timeout)
    return found


def screenshot(page, name, *, whole=False):
    folder = os.environ.get("NEWSDESK_SCREENSHOTS", str(PROJECT / "test-artifacts"))
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    page.wait_for_timeout(300)
    page.screenshot(path=f"{folder}/{name}.png", full_page=whole)


def serious(page):
    """What axe-core finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


def test_the_answer_stands_beside_its_passage_and_markers_lead_there_and_back(chat_page):
    ask(chat_page, QUESTION)
    assert ANSWER in answered(chat_page, "2%").inner_text()
    card = chat_page.locator(".nd-card")
    assert "2% target" in card.locator("mark").inner_text()
    assert "Found by its words" in card.inner_text()
    assert chat_page.locator(".nd-also-read > summary").inner_text().startswith("Also read (")
    chat_page.locator("a.nd-marker").click()
    chat_page.wait_for_function("document.activeElement.classList.contains('nd-card')")
    card.locator("a.nd-number").click()
    chat_page.wait_for_function("document.activeElement.classList.contains('nd-marker')")


def test_a_reader_who_asks_before_the_page_is_all_there_keeps_the_conversation(seed_address, open_page, browser):
    context = browser.new_context()
    held, asking = [], []

    def hold(route):
        route.continue_() if asking else held.append(route)

    context.route("**/queue/join*", hold)  # what fills the page as it opens
    page = open_page(seed_address, context=context)
    page.get_by_label("Your question").wait_for(timeout=30_000)
    page.wait_for_timeout(1000)
    assert held
    asking.append(True)
    ask(page, "Where is the NATO leaders summit?")
    answered(page, "The Hague")
    for route in held:
        route.continue_()
    page.wait_for_timeout(2000)
    answered(page, "The Hague")
    ask(page, "When is it?")
    answered(page, "June")
    answered(page, "The Hague")
    assert page.locator("#nd-history label", has_text="NATO leaders summit").count() == 1
    context.close()


def test_the_whole_article_opens_in_place_at_the_passage(chat_page):
    ask(chat_page, QUESTION)
    answered(chat_page, "2%")
    chat_page.locator(".nd-card summary", has_text="Whole article").click()
    whole = chat_page.locator(".nd-card .nd-article")
    whole.locator("mark").wait_for()
    assert "Lloyd Austin" in whole.inner_text()  # of another passage
    assert "2% target" in whole.locator("mark").inner_text()
    assert whole.locator("mark").is_visible()


def test_focus_stays_in_the_box_and_shift_enter_makes_a_line(chat_page):
    box = chat_page.get_by_label("Your question")
    box.focus()
    chat_page.keyboard.type("What is the")
    chat_page.keyboard.press("Shift+Enter")
    chat_page.keyboard.type("NATO spending target?")
    chat_page.keyboard.press("Enter")
    answered(chat_page, "2%")
    assert chat_page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    assert box.input_value() == ""
    chat_page.keyboard.type("And next")
    assert box.input_value() == "And next"


def test_the_conversation_follows_the_answer_until_the_reader_scrolls_up(serve_page, open_page):
    page = ready(open_page(serve_page(SEEDS, chat=AnsweringChatModel(replies=REPLIES, pause=0.25)), height=560))
    where = (
        "(() => { const log = document.querySelector('#nd-chat .bubble-wrap');"
        "return log.scrollHeight - log.scrollTop - log.clientHeight })()"
    )
    for number in range(2):
        ask(page, QUESTION)
        page.locator(".nd-answer").nth(number).locator(".nd-foot a").wait_for(timeout=20_000)
    page.wait_for_timeout(300)
    assert page.evaluate(where) < 60
    ask(page, QUESTION)
    page.locator(".nd-answer").nth(2).locator(".nd-text").wait_for(timeout=20_000)
    assert page.evaluate(where) < 60
    page.locator("#nd-chat .bubble-wrap").hover()
    page.mouse.wheel(0, -3000)
    page.locator(".nd-answer").nth(2).locator(".nd-foot a").wait_for(timeout=20_000)
    page.wait_for_timeout(300)
    assert page.evaluate(where) > 200


def test_stop_ends_the_answer_and_the_model_and_the_next_question_works(serve_page, open_page):
    model = AnsweringChatModel(replies=REPLIES, pause=0.5)
    page = ready(open_page(serve_page(SEEDS, chat=model)))
    ask(page, QUESTION)
    page.locator(".nd-answer .nd-text").wait_for(timeout=20_000)
    page.get_by_label("Stop", exact=True).click()
    page.get_by_text("Stopped before it was finished.").wait_for(timeout=3000)
    page.wait_for_timeout(1200)
    said = len(model.words_said)
    page.wait_for_timeout(1200)
    assert len(model.words_said) == said < 11
    ask(page, "Which country convened the recent session?")
    answered(page, "The United Kingdom")


def test_closing_the_page_stops_the_model(serve_page, open_page):
    model = AnsweringChatModel(replies={"spending target": "NATO " * 60}, pause=0.5)
    page = ready(open_page(serve_page(SEEDS, chat=model)))
    ask(page, QUESTION)
    page.locator(".nd-answer .nd-text").wait_for(timeout=20_000)
    page.wait_for_timeout(1000)
    page.close()
    time.sleep(4)
    said = len(model.words_said)
    time.sleep(2)
    assert 0 < len(model.words_said) == said < 60


def test_a_follow_up_uses_the_conversation_and_old_markers_find_their_cards(chat_page):
    ask(chat_page, "In which city is the upcoming NATO leaders summit?")
    answered(chat_page, "The Hague")
    ask(chat_page, "When is it?")
    answered(chat_page, "is in June")
    newest = chat_page.locator("a.nd-marker").last.get_attribute("href")
    chat_page.locator(newest).wait_for()
    first = chat_page.locator("a.nd-marker").first
    first.click()
    chat_page.wait_for_function("document.activeElement.classList.contains('nd-card')")
    focused = chat_page.evaluate("document.activeElement.id")
    assert first.get_attribute("href") == f"#{focused}"


def test_retry_edit_and_undo_change_the_conversation(chat_page):
    ask(chat_page, QUESTION)
    answered(chat_page, "2%")
    chat_page.get_by_label("Retry").click()
    chat_page.locator(".nd-step").wait_for()
    answered(chat_page, "2%")
    assert chat_page.locator(".nd-answer").count() == 1
    chat_page.get_by_label("Edit").click()
    chat_page.locator("#nd-chat textarea").fill("Which country convened the recent session?")
    chat_page.get_by_label("Submit").click()
    answered(chat_page, "The United Kingdom")
    assert chat_page.locator(".nd-answer").count() == 1
    chat_page.locator("button[aria-label='Undo']").click()
    chat_page.locator(".nd-answer").wait_for(state="detached")
    assert chat_page.get_by_label("Your question").input_value() == "Which country convened the recent session?"


def test_copying_an_answer_gives_what_can_be_read(chat_page):
    ask(chat_page, QUESTION)
    answered(chat_page, "2%")
    chat_page.locator("button[aria-label='Copy message']").last.click()
    chat_page.wait_for_timeout(400)
    copied = chat_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(ANSWER)
    assert "[1] Source 1: Pete Hegseth Visits NATO" in copied
    assert "<" not in copied


def test_an_example_question_is_asked_with_one_click(chat_page):
    example = chat_page.locator("#nd-chat button.example").first
    question = example.inner_text()
    example.click()
    chat_page.locator(".nd-answer .nd-foot").first.wait_for(timeout=20_000)
    assert question in chat_page.locator("[data-testid='user']").inner_text()


def test_an_abstention_shows_where_it_looked_and_offers_questions(serve_page, open_page):
    page = ready(open_page(serve_page(SEEDS, chat=AnsweringChatModel(replies=REPLIES, yes=0.02))))
    ask(page, "What is Japan's defence budget?")
    reply = answered(page, "The articles don't say.")
    assert "Searched 1 article." in reply.inner_text()
    assert page.locator(".nd-also-read").get_attribute("open") is not None
    assert page.locator(".nd-also-read > summary").inner_text().startswith("Nearest passages")
    assert page.locator(".nd-card").count() == 0
    screenshot(page, "abstention-1440-light")
    option = page.locator("#nd-chat button.option").first
    question = option.inner_text()
    option.click()
    page.locator("[data-testid='user']", has_text=question).wait_for()


def test_an_uploaded_article_answers_and_a_removed_one_does_not(serve_page, open_page, tmp_path):
    model = AnsweringChatModel(**MODEL)
    page = ready(open_page(serve_page(SEEDS, chat=model)))
    files = [tmp_path / "tram.md", tmp_path / "empty.txt"]
    files[0].write_text(TRAM, encoding="utf-8")
    files[1].write_text("", encoding="utf-8")
    page.get_by_role("tab", name="Articles").click()
    page.get_by_text("1 article", exact=False).first.wait_for()
    page.locator("#nd-upload input[type=file]").set_input_files(files)
    page.get_by_text("added 1, failed 1").wait_for(timeout=20_000)
    assert "empty.txt is empty" in page.locator(".nd-failed").inner_text()
    page.locator("#nd-articles label", has_text="Gannet tram opens · Harbour Post · 12 April 2025").click()
    page.locator("#nd-preview", has_text="40 million crowns").wait_for()
    page.locator("svg.nd-bars").wait_for()
    screenshot(page, "articles-1440-light")
    assert serious(page) == []
    page.get_by_role("tab", name="Chat").click()
    ask(page, "When does the Gannet tram open?")
    assert "4 May" in answered(page, "4 May").inner_text()
    assert "As of 12 April 2025" in page.locator(".nd-answer").last.inner_text()

    page.get_by_role("tab", name="Articles").click()
    page.get_by_role("button", name="Remove …").click()
    page.get_by_role("button", name="Remove for good").click()
    page.get_by_text("Removed.").wait_for()
    assert page.locator("#nd-articles label", has_text="Gannet").count() == 0
    page.get_by_role("tab", name="Chat").click()
    ask(page, "When does the Gannet tram open?")
    page.locator(".nd-answer").nth(1).locator(".nd-foot").first.wait_for(timeout=20_000)
    assert "Gannet tram opens" not in page.locator("#nd-beside").inner_text()
    page.reload()
    ready(page)
    page.locator(".nd-answer").first.wait_for()
    page.locator("a.nd-marker").first.click()
    page.locator(".nd-gone").first.wait_for()
    assert "40 million" not in page.content()


def test_hostile_article_text_stays_text_everywhere(serve_page, open_page, write_articles):
    address = serve_page(write_articles(a_md=HOSTILE), chat=None)
    page = ready(open_page(address))
    ask(page, "When does the Gannet tram open, according to Ana Ruiz?")
    answered(page, "4 May")
    page.locator("summary", has_text="Whole article").first.click()
    page.locator(".nd-article mark").first.wait_for()
    assert "<img src=x onerror=window.pwned=5>" in page.locator(".nd-article").first.inner_text()
    assert "${window.pwned=2}" in page.locator(".nd-card header .nd-title").inner_text()
    with page.context.expect_page() as shared:
        page.get_by_text("Link to this answer").click()
    shared.value.wait_for_load_state()
    page.get_by_role("tab", name="Articles").click()
    page.locator("#nd-articles label").first.click()
    page.locator("#nd-preview mark, #nd-preview .nd-passage").first.wait_for()
    for place in (page, shared.value):
        assert place.evaluate("window.pwned") is None
        assert place.locator("#nd-beside img, .nd-answer img, .nd-sources img, #nd-preview img").count() == 0
        assert place.locator("a[href^='javascript']").count() == 0


def test_reload_keeps_the_conversation_and_its_list_is_searched_renamed_and_deleted(chat_page):
    ask(chat_page, QUESTION)
    answered(chat_page, "2%")
    chat_page.reload()
    ready(chat_page)
    assert ANSWER in answered(chat_page, "2%").inner_text()
    assert chat_page.locator(".nd-card").count() == 1
    chat_page.get_by_role("button", name="New conversation").click()
    chat_page.locator(".nd-answer").wait_for(state="detached")
    ask(chat_page, "Which country convened the recent session?")
    answered(chat_page, "The United Kingdom")
    listed = chat_page.locator("#nd-conversations label")
    chat_page.wait_for_function("document.querySelectorAll('#nd-conversations label').length == 2")
    chat_page.get_by_label("Search in them").fill("2%")
    chat_page.wait_for_function("document.querySelectorAll('#nd-conversations label').length == 1")
    listed.first.click()
    answered(chat_page, "2%")
    name = chat_page.get_by_label("Name of this one (Enter saves)")
    name.fill("Alliance money")
    name.press("Enter")
    chat_page.get_by_label("Search in them").fill("")
    chat_page.locator("#nd-conversations label", has_text="Alliance money").wait_for()
    with chat_page.expect_download() as download:
        chat_page.get_by_role("link", name="Markdown").click()
    assert "# Alliance money" in download.value.path().read_text(encoding="utf-8")
    chat_page.get_by_role("button", name="Delete it …").click()
    chat_page.get_by_role("button", name="Delete for good").click()
    chat_page.wait_for_function("document.querySelectorAll('#nd-conversations label').length == 1")
    assert "Alliance money" not in chat_page.locator("#nd-conversations").inner_text()


def test_two_users_do_not_see_each_other(seed_address, open_page):
    first, second = ready(open_page(seed_address)), ready(open_page(seed_address))
    ask(first, QUESTION)
    ask(second, "Which country convened the recent session?")
    answered(first, "2%")
    answered(second, "The United Kingdom")
    turn = re.search(r"share/([\w-]+)", first.locator(".nd-foot a").first.get_attribute("href")).group(1)
    for page in (first, second):
        page.reload()
        ready(page)
    assert first.locator("#nd-conversations label").count() == 1
    assert "Which country convened" not in first.content()
    assert "What is the NATO spending" not in second.content()
    for path in (f"share/{turn}", f"sources/{turn}"):
        assert second.request.get(f"{seed_address}/{path}").status == 404
        assert first.request.get(f"{seed_address}/{path}").status == 200


def test_a_second_user_waits_in_line_with_a_quotation_and_its_position(serve_page, open_page):
    address = serve_page(SEEDS, chat=AnsweringChatModel(replies=REPLIES, pause=0.4))
    first, second = ready(open_page(address)), ready(open_page(address))
    ask(first, QUESTION)
    first.locator(".nd-answer .nd-text").wait_for(timeout=20_000)
    ask(second, "Which country convened the recent session?")
    second.get_by_text("1 question is in front of yours").wait_for(timeout=5000)
    assert second.get_by_text("Best quotation so far").is_visible()
    assert "United Kingdom" in second.locator(".nd-card mark").inner_text()
    answered(first, "2%")
    answered(second, "The United Kingdom")


def test_a_crash_of_the_model_is_one_message_and_the_next_question_works(chat_page):
    ask(chat_page, "What is the NATO spending target after the crash?")
    chat_page.get_by_text("The language model scripted failed: the model went away").wait_for(timeout=20_000)
    assert chat_page.locator(".nd-error").count() == 1
    screenshot(chat_page, "error-1440-light")
    ask(chat_page, QUESTION)
    answered(chat_page, "2%")


def test_an_empty_index_says_how_to_add_articles(serve_page, open_page):
    page = ready(open_page(serve_page(chat=AnsweringChatModel(**MODEL))))
    assert "There are no articles yet." in page.locator("#nd-chat").inner_text()
    assert "newsdesk ingest PATH" in page.locator("#nd-chat").inner_text()
    screenshot(page, "empty-1440-light")
    ask(page, "Where?")
    page.locator(".nd-error", has_text="newsdesk ingest PATH").wait_for(timeout=20_000)


def test_where_the_articles_are_not_to_be_changed_there_is_no_tab_for_it(serve_page, open_page):
    address = serve_page(SEEDS, manage_articles=False)
    page = ready(open_page(address))
    sent = page.request.post(f"{address}/gradio_api/upload", multipart={"files": "x"})
    assert sent.status == 403
    assert page.get_by_role("tab", name="Eval").count() == 1
    assert page.get_by_role("tab", name="Articles").count() == 0


def test_a_thumb_down_takes_a_correction_and_both_are_exported_as_gold_drafts(chat_page):
    ask(chat_page, QUESTION)
    answered(chat_page, "2%")
    chat_page.get_by_label("dislike").first.click()
    correction = chat_page.get_by_label("What should the answer be? (may stay empty)")
    correction.fill("2% of GDP")
    chat_page.get_by_role("button", name="Send").click()
    chat_page.locator("#nd-correct").wait_for(state="hidden")
    address = chat_page.url.rstrip("/")
    (case,) = chat_page.request.get(f"{address}/export/feedback.jsonl").text().splitlines()
    assert json.loads(case)["answer"] == "2% of GDP"
    assert json.loads(case)["reviewed"] is False


def test_a_link_to_an_answer_keeps_its_sources_and_says_what_changed(serve_page, open_page, write_articles, index):
    root = write_articles(tram_md=TRAM)
    page = ready(open_page(serve_page(root, chat=AnsweringChatModel(**MODEL))))
    ask(page, "When does the Gannet tram open?")
    answered(page, "4 May")
    with page.context.expect_page() as opened:
        page.get_by_text("Link to this answer").click()
    address = opened.value.url
    assert "/answer/" in address
    stranger = open_page(address)
    assert "4 May" in stranger.locator(".nd-answer").inner_text()
    assert "changed" not in stranger.content()
    screenshot(stranger, "shared-1440-light")
    assert serious(stranger) == []
    (root / "tram.md").write_text(TRAM.replace("40 million", "60 million"), encoding="utf-8")
    index(root)
    stranger.reload()
    assert "This article has changed since." in stranger.locator(".nd-card").inner_text()
    assert "40 million" in stranger.locator(".nd-card").inner_text()


def test_settings_stay_in_the_browser_and_work(chat_page):
    chat_page.get_by_text("Filters and settings").click()
    chat_page.get_by_text("Model and retrieval").click()
    chat_page.get_by_label("Quotations only").check()
    chat_page.wait_for_timeout(500)
    ask(chat_page, QUESTION)
    answered(chat_page, "no language model")
    chat_page.reload()
    ready(chat_page)
    chat_page.get_by_text("Filters and settings").click()
    chat_page.get_by_text("Model and retrieval").click()
    assert chat_page.get_by_label("Quotations only").is_checked()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [(390, "light"), (390, "dark"), (768, "light"), (768, "dark"), (1440, "light"), (1440, "dark")],
)
def test_the_page_fits_and_keeps_nobody_out(seed_address, open_page, width, scheme):
    page = ready(open_page(seed_address, width=width, height=844 if width == 390 else 900, scheme=scheme))
    assert serious(page) == []
    ask(page, QUESTION)
    answer = answered(page, "2%")
    page.locator(".nd-also-read > summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []
    if width == 390:  # on a phone the sources follow the answer
        assert page.locator(".nd-card").bounding_box()["y"] > answer.bounding_box()["y"]
    page.locator(".nd-also-read > summary").click()
    page.evaluate("window.scrollTo(0, 0)")
    screenshot(page, f"answer-{width}-{scheme}", whole=width < 1000)
    assert serious(page) == []
    if width < 1180:
        page.get_by_role("button", name="Conversations").click()
        page.locator("#nd-conversations").wait_for()
        page.keyboard.press("Escape")
        page.locator("#nd-conversations").wait_for(state="hidden")


def test_the_web_application_keeps_strangers_out(seed_address):
    reply = urllib.request.urlopen(seed_address)
    assert "frame-ancestors 'self'" in reply.headers["Content-Security-Policy"]
    assert "HttpOnly" in reply.headers["Set-Cookie"]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(urllib.request.Request(seed_address, headers={"Host": "evil.example"}))
    for path in ("reports/..%2Fcatalog", "answer/x", "export/x.md", "article?id=x"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{seed_address}/{path}")


def test_the_eval_tab_shows_runs_and_compares_them(serve_page, open_page, make_settings):
    folder = make_settings().data_dir / "reports"
    for day, verdict in (("22", "wrong"), ("23", "right")):
        about = {"format": FORMAT, "started_at": f"2026-11-{day}T10:00:00+00:00", "system": "newsdesk",
                 "models": {"llm": "scripted"}, "sets": []}  # fmt: skip
        gold = {"question": "Who pays?", "answer": "Ann", "answerable": True, "evidence": []}
        record = CaseRecord("seeds", "c1", "fact", "", gold, {"text": "Ann", "abstained": False}, verdict, "", {})
        measures = {"accuracy": {"value": float(verdict == "right")}}
        write_run(
            Run(about, (record,)), folder / f"{day}.json", {"reports": [{"name": "seeds", "measures": measures}]}
        )
        (folder / f"{day}.html").write_text("<h1>The report</h1><script>document.title</script>", encoding="utf-8")
    page = ready(open_page(serve_page(SEEDS)))
    page.get_by_role("tab", name="Eval").click()
    page.frame_locator("iframe.nd-report").get_by_text("The report").wait_for(timeout=10_000)
    assert page.locator("svg.nd-lines circle").count() == 2
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("Fixed: 1").click()
    assert page.get_by_role("rowheader", name="Who pays?").is_visible()
    screenshot(page, "eval-1440-light", whole=True)
    assert serious(page) == []

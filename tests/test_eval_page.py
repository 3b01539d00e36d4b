"""The page of a run: self-contained, escaped, filterable in a real browser."""

import re

import pytest

from eval.metrics import Verdict
from eval.page import marked, render_html
from eval.records import Run, describe_run
from eval.report import report_of
from tests.test_eval_compare import record

ATTACK = '<script>document.title = "taken"</script><img src=x onerror="document.title=1">'


def test_passages_are_cut_where_quotations_and_proofs_begin_and_end():
    pieces = marked("One two three four five.", ["two three"], ["three  four"])
    assert [(p.text, p.cited, p.proof) for p in pieces] == [
        ("One ", False, False),
        ("two ", True, False),
        ("three", True, True),
        (" four", False, True),
        (" five.", False, False),
    ]
    assert marked("", ["x"], []) == []


@pytest.fixture
def page(make_settings, tmp_path):
    passages = [{"article_id": "a", "title": f"T {ATTACK}", "text": f"Before. The proof. {ATTACK}", "score": 1.0}]
    citations = [{"quote": "The proof."}]
    records = []
    for i in range(12):
        made = record(f"c{i}", i % 3 != 0, kind="number" if i % 2 else "date", seconds=1.0 + i, groundedness=1.0)
        made.gold["question"] = f"Question {i} {ATTACK}"
        made.gold["evidence"] = [{"id": "a", "fact": "The proof."}]
        made.answer.update(text=f"Answer {i} {ATTACK}", passages=passages, citations=citations, confidence=i / 12,
                           query="q", short="", support=[])  # fmt: skip
        records.append(made)
    about = describe_run(make_settings(), "newsdesk", {"llm": "m"}, [{"name": "seeds", "not_reviewed": 2}])
    run = Run(about, tuple(records))
    path = tmp_path / "report.html"
    path.write_text(render_html(run, report_of(run)), encoding="utf-8")
    return path


def test_the_page_needs_nothing_from_outside_and_escapes_everything(page):
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    assert "@import" not in text
    assert ATTACK not in text
    assert "&lt;script&gt;document.title" in text


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_filters_by_kind_and_verdict_and_fits_the_screen(browser, page, width):
    opened = browser.new_page(viewport={"width": width, "height": 900})
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.goto(page.as_uri())
    assert opened.title() == "newsdesk eval: seeds"
    shown = opened.locator("details.case:visible")
    assert shown.count() == 12
    opened.select_option("#f-kind", "number")
    assert shown.count() == 6
    opened.select_option("#f-verdict", Verdict.WRONG.value)
    assert shown.count() == 2
    opened.fill("#f-words", "question 9")
    assert shown.count() == 1
    assert opened.text_content("#count") == "1 case"
    shown.locator("summary").click()
    assert opened.locator("details[open] mark.proof").text_content() == "The proof."
    opened.fill("#f-words", "nothing has these words")
    assert opened.locator("#none").is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.locator("figure svg").count() >= 3
    assert problems == []
    opened.close()

from dataclasses import replace

import pytest

from qa.models import Turn
from ui.chat import turns_of
from ui.render import answer_markdown, escape_markdown, sources_html

HOSTILE = """---
id: h1
title: "<script>alert('title')</script> Tram"
source: "<b>Post</b>"
url: "javascript:alert(1)"
---

The tram opens in May <img src=x onerror=alert(2)> and ![picture](http://example.org/x.png) costs **4 million**.
"""


@pytest.fixture
def hostile_answer(pipeline_with, write_articles):
    return pipeline_with(None, write_articles(a_md=HOSTILE)).answer("When does the tram open?")


def test_article_text_is_inert_in_the_sources(hostile_answer):
    page = sources_html(hostile_answer)
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "javascript:" not in page
    assert "&lt;img src=x" in page


def test_article_text_is_inert_in_the_chat(hostile_answer):
    shown = answer_markdown(hostile_answer)
    assert "![" not in shown.replace("\\!", "").replace("\\[", "")
    assert "\\<img" in shown
    assert "\\*\\*4 million\\*\\*" in shown


def test_the_quoted_words_are_marked_in_their_passage(pipeline_with):
    page = sources_html(pipeline_with().answer("What is the NATO spending target?"))
    assert "<mark>With President Trump&#x27;s looming demand" in page
    assert "under scrutiny.</mark>" in page
    assert "Also read" in page


def test_only_web_addresses_become_links(pipeline_with):
    answer = pipeline_with().answer("What is the NATO spending target?")
    (citation,) = answer.citations
    article = replace(citation.passage.article, url='https://example.org/a?b="c"')
    linked = replace(citation, passage=replace(citation.passage, article=article))
    page = sources_html(replace(answer, citations=(linked,)))
    assert 'href="https://example.org/a?b=&quot;c&quot;"' in page


def test_history_comes_back_as_turns_in_plain_text():
    reply = escape_markdown("The target is 2% of GDP [1].")
    history = [
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": reply}]},
        {"role": "user", "content": "Unanswered"},
    ]
    assert turns_of(history) == [Turn("What is it?", "The target is 2% of GDP [1].")]

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ingest.loaders import SourceFile, load_article
from qa.models import Stage
from tests.conftest import PROJECT
from ui.export import conversation_markdown
from ui.history import Conversation, SavedTurn
from ui.messages import Beside
from ui.render import answer_html, article_html, note_html, question_markdown, question_of_markdown, sources_html
from ui.views import AnswerView, Card, CardState, SupportLine, checked_against, view_of, without_article

HOSTILE_FILES = PROJECT / "tests" / "data" / "hostile"

HOSTILE = """---
id: h1
title: "<script>alert('title')</script> Tram"
source: "<b>Post</b>"
url: "javascript:alert(1)"
---

The tram opens in May <b onclick=alert(2)>at last</b> and costs **4 million**. <img src=x onerror=alert(2)> is a \
![picture](http://example.org/x.png) of it.
"""
QUESTION = "What is the NATO spending target?"


@pytest.fixture
def hostile_view(pipeline_with, write_articles):
    return view_of(pipeline_with(None, write_articles(a_md=HOSTILE)).answer("When does the tram open?"))


@pytest.fixture
def view(pipeline_with):
    return view_of(pipeline_with().answer(QUESTION))


def test_article_text_is_inert_in_the_sources(hostile_view):
    page = sources_html(hostile_view, "t")
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "javascript:" not in page
    assert "&lt;img src=x" in page


def test_article_text_is_inert_in_the_chat(hostile_view):
    shown = answer_html(replace(hostile_view, text=HOSTILE.rpartition("---")[2].strip()), "t")
    assert "<img" not in shown
    assert "&lt;img src=x" in shown
    assert "\n" not in shown  # no empty line ends the block of HTML, so nothing in it is Markdown


def test_the_quoted_words_are_marked_in_their_passage(view):
    page = sources_html(view, "t")
    assert "<mark>With President Trump&#x27;s looming demand" in page
    assert "under scrutiny.</mark>" in page
    assert "Also read" in page
    assert "Found by its words (place 1)" in page


def test_a_marker_leads_to_its_card_and_one_without_a_card_is_left_out(view):
    shown = answer_html(replace(view, text="It is 2% [1][7]."), "t")
    assert '<a class="nd-marker" href="#nd-t-1"' in shown
    assert "[7]" not in shown
    assert 'id="nd-t-1"' in sources_html(view, "t")


def test_only_web_addresses_become_links(view):
    (card,) = view.cards
    page = sources_html(replace(view, cards=(replace(card, url='https://example.org/a?b="c"'),)), "t")
    assert 'href="https://example.org/a?b=&quot;c&quot;"' in page
    for bad in ("javascript:alert(1)", "data:text/html,x", "https://", "ftp://example.org", "http://[::1"):
        page = sources_html(replace(view, cards=(replace(card, url=bad),)), "t")
        assert "javascript:" not in page
        assert 'target="_blank"' not in page


@pytest.mark.parametrize(
    "question",
    ["What is <b>2</b>?", "*all* of _it_", "[x](y)", "# heading", "1. first", "U.S. aid - how much?", "a\\b"],
)
def test_a_question_survives_being_shown_and_edited(question):
    assert question_of_markdown(question_markdown(question)) == question


def test_a_question_is_shown_as_it_was_typed():
    assert question_markdown("<b>x</b> ![i](u)") == "\\<b\\>x\\</b\\> !\\[i\\](u)"


def test_each_sentence_says_how_it_stands(view):
    assert "❝ 1 sentence quoted word for word" in answer_html(view, "t")


def test_an_answer_says_as_of_when_and_marks_figures_of_different_days(view):
    (card,) = view.cards
    first = replace(card, published="2025-02-12T00:00:00+00:00")
    second = replace(card, number=2, published="2025-03-01T00:00:00+00:00")
    shown = answer_html(replace(view, text="2% [1]. 3% [2].", cards=(first, second), as_of=second.published), "t")
    assert "As of 1 March 2025" in shown
    assert "(12 February 2025)" in shown
    assert "(1 March 2025)" in shown


def test_a_newer_article_that_is_not_cited_is_pointed_out(view):
    newer = replace(view.also[0], published="2025-03-01T00:00:00+00:00", title="News since")
    dated = replace(view, as_of="2025-02-12T00:00:00+00:00", also=(newer,))
    assert "A newer article was read and is not cited: “News since”, 1 March 2025" in answer_html(dated, "t")
    assert "A newer article" not in answer_html(replace(dated, as_of=newer.published), "t")


def test_a_growing_answer_may_carry_citations_before_it_is_done(view):
    growing = replace(view, done=False, provisional=True, stage=Stage.WRITING.value)
    shown = answer_html(growing, "t", "Writing … 1.0 s")
    assert "Best quotation so far" in shown
    assert 'href="#nd-t-1"' in shown
    assert "As of" not in shown


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"done": False}, True),
        ({"done": True}, False),
        ({"done": False, "provisional": True}, False),
        ({"done": False, "text": ""}, False),
    ],
    ids=["being written", "checked", "a quotation", "nothing there yet"],
)
def test_what_is_not_checked_to_its_end_is_said_to_be(view, state, said):
    assert ("it may still be taken back" in answer_html(replace(view, **state), "t")) is said


def test_the_sources_of_a_growing_answer_are_made_anew_only_when_they_change(view):
    beside = Beside("t1")
    steps = [
        AnswerView(view.question, view.query),
        replace(view, done=False, text="", cards=(), support=()),
        replace(view, done=False, text="The target", seconds=0.5),
        replace(view, done=False, text="The target is 2%", seconds=0.7, stage=Stage.WRITING.value),
        view,
        replace(view, abstained=True),
        replace(view, cards=(), also=(), error="It failed."),
        replace(view, cards=(), also=(), done=False),
    ]
    shown = [beside.html(step) for step in steps]
    assert shown == [sources_html(step, "t1") for step in steps]
    assert shown[3] is shown[2]
    assert len(set(shown)) > 4


def test_a_view_is_the_same_after_it_was_kept(view):
    assert AnswerView.from_json(view.to_json()) == view


def test_what_became_of_an_article_since_is_said(view):
    assert checked_against(view, lambda _: view.cards[0].fingerprint) == view
    changed = checked_against(view, lambda _: "other")
    assert {card.state for card in (*changed.cards, *changed.also)} == {CardState.CHANGED}
    assert "This article has changed since." in sources_html(changed, "t")
    gone = checked_against(view, lambda _: None)
    page = sources_html(gone, "t")
    assert "withdrawn since" in page
    assert "looming demand" not in page


def test_no_word_of_a_withdrawn_article_is_left_in_a_view(view):
    blank = without_article(view, [view.cards[0].article_id])
    assert "looming" in str(view.to_json())
    assert "looming" not in str(blank.to_json())


class Tags(HTMLParser):
    """Collects every tag and attribute of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags = set()
        self.attributes = set()
        self.links = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src"):
                self.links.add(value.partition(":")[0] if ":" in value else value[:1])


@pytest.mark.parametrize("path", sorted(HOSTILE_FILES.glob("*.md")), ids=lambda path: path.stem)
def test_nothing_but_our_own_markup_comes_out_of_a_hostile_article(path):
    article = load_article(SourceFile(path, path.name))
    words = (article.title, article.source, article.text[:200])
    card = Card(1, article.id, *words[:2], article.url, "", "", words[2], words[2], words[2], 0, 5, "why")
    support = SupportLine(words[2], "taken back", (1,), words[2])
    view = AnswerView(
        words[2], words[2], text=f"{words[2]} [1]", short=words[0], done=True, cards=(card,), support=(support,),
        also=(replace(card, number=0),), searched=words[1], error=words[2],
    )  # fmt: skip
    turn = SavedTurn("t", words[2], view, "2025-01-01")
    page = "".join(
        [answer_html(view, "t"), sources_html(view, "t"), article_html(article, 0, 9), note_html(words[2])]
    )
    found = Tags(page)
    assert found.tags <= set(
        "div p a span strong details summary ul li s section h2 h3 article header mark br".split()
    )
    assert found.attributes <= {
        "class", "href", "title", "id", "tabindex", "aria-label", "role", "target", "rel", "open", "data-turn",
        "data-article", "data-start", "data-end",
    }  # fmt: skip
    assert found.links <= {"#", "http", "https", "s"}
    exported = conversation_markdown(Conversation("c", words[0], "", ""), [turn])
    assert "<script" not in exported.replace("\\<", "")

"""The desk: questions, the line before the model, stopping, failures."""

import threading
import time
from datetime import date

import pytest

from qa.build import Models
from tests.fakes import AnsweringChatModel
from ui.chat import Desk, PipelineLoader, Preferences, fitted, preferences_of, turns_of
from ui.history import History, SavedTurn
from ui.library import Library
from ui.line import Line, LineFullError, StoppedError
from ui.views import AnswerView

QUESTION = "What is the NATO spending target?"
REPLIES = {
    "crash": "CRASH",
    "spending target": "The NATO spending target is 2% of GDP.\nShort: 2%",
    "convened": "The United Kingdom convened the recent session.\nShort: the United Kingdom",
}
TRAM = """---
title: Gannet tram
source: {}
published_at: {}
---

The Gannet tram opens in {}, mayor Ana Ruiz said.
"""


@pytest.fixture
def desk_with(pipeline_with, make_settings, embeddings):
    def make(waiting=20, **model):
        chat = AnsweringChatModel(replies=REPLIES, **model)
        pipeline = pipeline_with(chat)
        loader = PipelineLoader(pipeline.settings, lambda _: None, Models(embeddings, pipeline.llm))
        library = Library(make_settings(), lambda: embeddings)
        return Desk(loader, History(None), library, waiting), chat

    return make


def asked(desk, question=QUESTION, session="page", preferences=Preferences()):  # noqa: B008  it is frozen
    return list(desk.ask(session, question, "t1", [], preferences))


def test_an_answer_grows_and_ends_with_its_citation(desk_with):
    desk, _ = desk_with(pause=0.05)
    views = asked(desk)
    assert "Loading the models" in views[0].progress
    assert any(view.view.provisional and view.view.cards for view in views[:-1])
    assert all(view.progress for view in views[:-1])
    last = views[-1]
    assert (last.progress, last.view.done, last.view.error) == ("", True, "")
    assert last.view.text == "The NATO spending target is 2% of GDP [1]."
    assert last.view.cards[0].number == 1


def test_stop_ends_the_answer_at_once_and_the_model_soon(desk_with):
    desk, chat = desk_with(pause=0.3)
    asked(desk)  # loads the models
    chat.words_said.clear()
    views = []
    for view in desk.ask("page", QUESTION, "t2", [], Preferences()):
        views.append(view)
        if view.view.text:
            begun = time.monotonic()
            desk.stop("page")
    assert time.monotonic() - begun < 1
    assert views[-1].view.stopped
    assert views[-1].view.done
    time.sleep(1)
    assert len(chat.words_said) < 9  # of eleven


def test_a_question_is_searched_while_the_page_is_told_of_it(desk_with):
    desk, chat = desk_with()
    stream = desk.ask("page", QUESTION, "t1", [], Preferences())
    next(stream)  # the page has not come back for the next step
    assert desk.is_busy("page")
    deadline = time.monotonic() + 20
    while not chat.words_said and time.monotonic() < deadline:
        time.sleep(0.05)
    assert chat.words_said
    stream.close()
    assert not desk.is_busy("page")


def test_leaving_the_answer_stops_the_model(desk_with):
    desk, chat = desk_with(pause=0.2)
    asked(desk)
    chat.words_said.clear()
    stream = desk.ask("page", QUESTION, "t2", [], Preferences())
    for view in stream:
        if view.view.text:
            break
    stream.close()
    time.sleep(1)
    assert len(chat.words_said) < 9


def test_a_crash_of_the_model_is_one_message_and_the_next_question_works(desk_with):
    desk, _ = desk_with()
    failed = asked(desk, "What is the NATO spending target after the crash?")[-1]
    assert "The language model scripted failed: the model went away" in failed.view.error
    assert "2% target" in failed.view.text  # the best quotation stays
    assert asked(desk)[-1].view.text == "The NATO spending target is 2% of GDP [1]."


def test_an_abstention_says_what_was_searched_and_offers_questions(desk_with):
    desk, _ = desk_with(yes=0.01)
    view = asked(desk, "What is Japan's defence budget?")[-1].view
    assert view.abstained
    assert view.searched == "Searched 1 article."
    assert view.suggestions


def test_a_second_question_waits_with_its_position_and_has_its_quotation_at_once(desk_with):
    desk, _ = desk_with(pause=0.25)
    asked(desk)
    first_begun = threading.Event()

    def first():
        for view in desk.ask("one", QUESTION, "t1", [], Preferences()):
            if view.view.text:
                first_begun.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert first_begun.wait(10)
    views = asked(desk, "Which country convened the recent session?", session="two")
    thread.join()
    waiting = [view for view in views if "1 question is in front of yours" in view.progress]
    quoted = [view for view in waiting if view.view.provisional]
    assert quoted  # while it waits
    assert "convened by the United Kingdom" in quoted[0].view.text
    assert views[-1].view.text.startswith("The United Kingdom convened")


def test_a_full_line_says_so(desk_with):
    desk, _ = desk_with(waiting=0, pause=0.25)
    asked(desk)
    first_begun = threading.Event()

    def first():
        for view in desk.ask("one", QUESTION, "t1", [], Preferences()):
            if view.view.text:
                first_begun.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert first_begun.wait(10)
    refused = asked(desk, "Which country convened the recent session?", session="two")[-1]
    thread.join()
    assert "in line for the language model already: ask again in a minute" in refused.view.error
    assert refused.view.text


def test_the_line_keeps_its_order_and_lets_go_of_who_leaves():
    line = Line(5)
    places = [line.place() for _ in range(3)]
    places[0].take()
    order = []

    def stand(number):
        places[number].take()
        order.append(number)
        places[number].leave()

    threads = []
    for number in (1, 2):
        threads.append(threading.Thread(target=stand, args=(number,)))
        threads[-1].start()
        while places[number].position is None:
            time.sleep(0.01)
    assert [place.position for place in places] == [0, 1, 2]
    places[0].leave()
    for thread in threads:
        thread.join(5)
    assert order == [1, 2]
    assert [place.position for place in places] == [None, None, None]


def test_who_is_stopped_in_the_line_leaves_it():
    line = Line(1)
    first, second, third = (line.place() for _ in range(3))
    first.take()
    second.stopped.set()
    with pytest.raises(StoppedError):
        second.take()
    with pytest.raises(LineFullError):
        third.take()
    second.leave()
    assert second.position is None


def test_without_an_index_the_message_says_how_to_add_articles(make_settings, embeddings):
    settings = make_settings()
    desk = Desk(PipelineLoader(settings, lambda _: None), History(None), Library(settings, lambda: embeddings))
    assert "newsdesk ingest PATH" in asked(desk)[-1].view.error
    assert desk.examples() == []


def test_preferences_change_the_pipeline_for_one_question_only(desk_with):
    desk, _ = desk_with()
    asked(desk)
    pipeline = desk.loader.get()
    top_k = pipeline.settings.top_k
    assert fitted(pipeline, Preferences()) is pipeline
    other = fitted(pipeline, Preferences(length="short", top_k=2, quotations=True))
    assert other.llm is None
    assert (other.settings.max_answer_tokens, other.settings.top_k) == (60, 2)
    assert len(other.answer(QUESTION).passages) == 2
    assert pipeline.settings.top_k == top_k


def test_filters_leave_articles_out_and_an_abstention_says_so(
    pipeline_with, make_settings, embeddings, write_articles
):
    texts = {"a_md": TRAM.format("Post", "2025-02-12", "May"), "b_md": TRAM.format("Mail", "2025-03-01", "June")}
    pipeline = pipeline_with(None, write_articles(**texts))
    loader = PipelineLoader(pipeline.settings, lambda _: None, Models(embeddings, None))
    desk = Desk(loader, History(None), Library(make_settings(), lambda: embeddings))
    question = "When does the Gannet tram open?"
    for preferences, month in ((Preferences(("Mail",)), "June"), (Preferences(until=date(2025, 2, 20)), "May")):
        view = asked(desk, question, preferences=preferences)[-1].view
        assert month in view.text
        assert len({card.article_id for card in (*view.cards, *view.also)}) == 1
    view = asked(desk, question, preferences=Preferences(since=date(2026, 1, 1)))[-1].view
    assert view.abstained
    assert view.searched.endswith("Your filters left some of them out.")


def test_preferences_from_a_browser_are_checked(desk_with):
    kept = {"outlets": ["Post", "gone"], "since": "2025-01-31", "length": "epic", "top_k": "900", "quotations": 1}
    read = preferences_of(kept, ["Post"])
    assert read.outlets == ("Post",)
    assert str(read.since) == "2025-01-31"
    assert (read.until, read.length, read.top_k, read.quotations) == (None, "normal", 50, True)
    from qa.errors import QuestionError

    with pytest.raises(QuestionError, match="'soon' is not a day"):
        preferences_of({"until": "soon"})


def test_only_answered_turns_are_history():
    def turn(**fields):
        return SavedTurn("t", "Q?", AnswerView("Q?", "Q?", **fields), "")

    saved = [turn(text="A.", done=True), turn(error="x", done=True), turn(text="B", done=True, stopped=True)]
    assert [t.answer for t in turns_of(saved)] == ["A."]

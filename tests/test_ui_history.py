import json
import threading
from dataclasses import replace

import pytest

from eval.cases import parse_case
from ui.export import conversation_json, conversation_markdown, feedback_cases
from ui.history import FILE_NAME, History, new_id, title_of
from ui.views import AnswerView, CardState, view_of


@pytest.fixture
def history(tmp_path):
    opened = History.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def answered(pipeline_with):
    return view_of(pipeline_with().answer("What is the NATO spending target?"))


def plain(question="Where?", text="Here [1]."):
    return AnswerView(question, question, text=text, done=True)


def keep(history, reader="ann", conversation="c1", **fields):
    turn_id = new_id()
    history.save_turn(reader, conversation, turn_id, plain(**fields))
    return turn_id


def test_a_conversation_begins_with_its_first_turn_and_keeps_their_order(history):
    for question in ("One?", "Two?", "Three?"):
        keep(history, question=question)
    assert [turn.question for turn in history.turns("ann", "c1")] == ["One?", "Two?", "Three?"]
    (conversation,) = history.conversations("ann")
    assert conversation.title == "One?"


def test_another_reader_sees_and_changes_nothing(history):
    turn_id = keep(history)
    history.save_turn("bob", "c1", new_id(), plain("Mine?"))
    history.rename("bob", "c1", "Mine")
    history.cut_turns("bob", "c1", 0)
    history.delete("bob", "c1")
    history.save_feedback("bob", turn_id, liked=True)
    assert history.conversations("bob") == []
    assert history.turns("bob", "c1") == []
    assert history.turn("bob", turn_id) is None
    assert history.share("bob", turn_id) is None
    assert history.feedback() == []
    assert [turn.question for turn in history.turns("ann", "c1")] == ["Where?"]
    assert history.conversations("ann")[0].title == "Where?"


def test_search_finds_titles_questions_and_answers_and_takes_no_wildcards(history):
    keep(history, conversation="c1", question="Who pays?", text="The harbour.")
    keep(history, conversation="c2", question="When?", text="On Monday, 100% sure.")
    assert [c.id for c in history.conversations("ann", "HARBOUR")] == ["c1"]
    assert [c.id for c in history.conversations("ann", "monday")] == ["c2"]
    assert [c.id for c in history.conversations("ann", "100%")] == ["c2"]
    assert [c.id for c in history.conversations("ann", "%")] == ["c2"]
    assert history.conversations("ann", "ferry") == []


def test_cutting_takes_a_turn_and_all_after_it(history):
    for question in ("One?", "Two?", "Three?"):
        keep(history, question=question)
    history.cut_turns("ann", "c1", 1)
    keep(history, question="Two again?")
    assert [turn.question for turn in history.turns("ann", "c1")] == ["One?", "Two again?"]


def test_a_title_can_be_changed_and_not_emptied(history):
    keep(history)
    history.rename("ann", "c1", "  Harbour   news ")
    history.rename("ann", "c1", "   ")
    assert history.conversation("ann", "c1").title == "Harbour news"
    assert title_of("x" * 100) == "x" * 59 + "…"


def test_what_was_kept_is_there_after_a_restart(tmp_path, answered):
    first = History.open(tmp_path)
    first.save_turn("ann", "c1", "t1", answered)
    first.close()
    again = History.open(tmp_path)
    assert again.turns("ann", "c1")[0].view == answered
    again.close()


def test_a_folder_that_cannot_be_written_keeps_conversations_in_memory(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    history = History.open(tmp_path / "file")
    keep(history)
    assert not history.kept
    assert len(history.conversations("ann")) == 1
    history.close()


def test_many_threads_lose_no_turn(history):
    threads = [threading.Thread(target=keep, args=(history, "ann", f"c{n % 3}")) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(history.turns("ann", f"c{n}")) for n in range(3)) == 30


def test_a_shared_answer_is_frozen_and_goes_with_its_conversation(history, answered):
    history.save_turn("ann", "c1", "t1", answered)
    token = history.share("ann", "t1")
    assert history.share("ann", "t1") == token
    history.cut_turns("ann", "c1", 0)
    history.save_turn("ann", "c1", "t2", plain())
    assert history.shared(token).view == answered
    history.delete("ann", "c1")
    assert history.shared(token) is None


def test_no_byte_of_a_withdrawn_article_is_left_in_the_file(tmp_path, answered):
    history = History.open(tmp_path)
    history.save_turn("ann", "c1", "t1", answered)
    history.share("ann", "t1")
    article_id = answered.cards[0].article_id
    assert history.cited_articles() == {article_id}
    history.forget_articles([article_id])
    assert history.turns("ann", "c1")[0].view.cards[0].state is CardState.WITHDRAWN
    assert history.cited_articles() == set()
    history.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE_NAME}*"))
    assert b"looming demand" not in kept
    assert b"spending target" in kept  # the reader's own words stay


def test_a_conversation_is_exported_with_its_sources(history, answered):
    hostile = replace(answered.cards[0], title="<b>x</b> [y](z)")
    history.save_turn("ann", "c1", "t1", replace(answered, cards=(hostile,)))
    conversation, turns = history.conversation("ann", "c1"), history.turns("ann", "c1")
    text = conversation_markdown(conversation, turns)
    assert text.startswith("# What is the NATO spending target?\n")
    assert "[1] \\<b\\>x\\</b\\> \\[y\\](z)" in text
    assert "> With President Trump" in text
    content = json.loads(conversation_json(conversation, turns))
    assert content["turns"][0]["cards"][0]["quote"] == answered.cards[0].quote


def test_feedback_becomes_draft_gold_cases(history, answered):
    history.save_turn("ann", "c1", "t1", answered)
    history.save_turn("ann", "c1", "t2", plain("Who?", "Nobody [1]."))
    history.save_turn("ann", "c1", "t3", plain("Why?", "No idea."))
    history.save_feedback("ann", "t1", liked=True)
    history.save_feedback("ann", "t2", liked=False, correction="Ann Lee")
    history.save_feedback("ann", "t3", liked=False)
    cases = [parse_case(row) for row in feedback_cases(history.feedback("ann"))]
    assert [case.question for case in cases] == ["What is the NATO spending target?", "Who?"]
    assert cases[0].facts[0].text == answered.cards[0].quote
    assert cases[1].answer == "Ann Lee"
    assert not any(case.reviewed for case in cases)
    history.withdraw_feedback("ann", "t1")
    assert len(feedback_cases(history.feedback())) == 1
    assert history.liked("ann", "c1") == {"t2": False, "t3": False}

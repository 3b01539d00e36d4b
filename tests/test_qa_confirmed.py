"""Another figure in another report, found by the reader and confirmed by a model that verifies, is told."""

import pytest

from qa.gate import WITHOUT_PROBE, Gate
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story
from tests.test_qa_second_look import weights
from tests.test_qa_verifier import Verifying

STRIKE = {
    "a_md": story("Dockers walk out", "Quay Post", "2031-06-24",
                  "Some 1,300 dockers walked off the quays at Dortel on Tuesday morning over pay."),
    "b_md": story("Day four on the quays", "Tide News", "2031-06-27",
                  "It is Friday, and the 1,720 dockers who downed tools are still out."),
}  # fmt: skip
WALKED = "How many dockers walked off the quays?"
FIRST = "1,300 dockers walked off the quays at Dortel.\nShort: 1,300"
PLANT = {
    "a_md": story("Plant opens", "Quay Post", "2031-03-05", "The Grenmark plant employs 620 people, he said."),
    "b_md": story("Half a year on", "Tide News", "2031-10-28",
                  "On Monday Voltara counted 705 people working at Grenmark, more than ever."),
}  # fmt: skip
STAFF = "How many people does the Grenmark plant employ?"
OLD = "The Grenmark plant employs 620 people.\nShort: 620"


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    def make(articles, reply, yes, **verifier):
        chat = ScriptedChatModel(replies=[reply], yes=yes)
        built = pipeline_with(chat, write_articles(**articles))
        built.writer.llm = Verifying(chat, "scripted")
        gate = weights([0, 0, 0, 0], 0.4)
        gate["verifier"] = {"doubted": -9.0, "vouched": 9.0, **verifier}
        built.writer.gate = Gate({"scripted": gate, WITHOUT_PROBE: gate}, "scripted")
        return built, chat

    return make


def test_a_report_in_other_words_that_gives_another_figure_is_told(pipeline):
    built, chat = pipeline(STRIKE, FIRST, 0.9, confirmed=1.0)
    answer = built.answer(WALKED)
    assert answer.short == "1,300", "what happened is not what is newest"
    assert "A later report differs: 27 June 2031, Tide News" in answer.text
    assert {c.passage.article.source for c in answer.citations} == {"Quay Post", "Tide News"}
    assert [
        p for p in chat.prompts if "Proposed answer: 1,720" in p and "1,300" not in p.rpartition("Evidence:")[2]
    ]


@pytest.mark.parametrize("limits", [{"confirmed": 3.0}, {}], ids=["not sure enough", "not fitted"])
def test_what_is_not_confirmed_is_not_told(pipeline, limits):
    built, _ = pipeline(STRIKE, FIRST, 0.9, **limits)
    assert built.answer(WALKED).text == "1,300 dockers walked off the quays at Dortel [1]."


def test_how_things_stand_is_answered_by_the_newest(pipeline):
    built, _ = pipeline(PLANT, OLD, 0.9, confirmed=1.0)
    answer = built.answer(STAFF)
    assert "705" in answer.short
    assert "An earlier report differs: The Grenmark plant employs 620 people" in answer.text


def test_an_opinion_is_told_and_does_not_count_as_the_newest(pipeline):
    opinion = story("Half a year on | Opinion", "Tide News", "2031-10-28",
                    "On Monday Voltara counted 705 people working at Grenmark, more than ever.")  # fmt: skip
    built, _ = pipeline(PLANT | {"b_md": opinion}, OLD, 0.9, confirmed=1.0)
    answer = built.answer(STAFF)
    assert answer.short == "620"
    assert "A later report differs" in answer.text


def test_a_report_that_a_rule_finds_needs_nobodys_word(pipeline):
    again = story("Dockers still out", "Tide News", "2031-06-27",
                  "Some 1,720 dockers walked off the quays at Dortel on Tuesday, the union says now.")  # fmt: skip
    built, chat = pipeline(STRIKE | {"b_md": again}, FIRST, 0.2, confirmed=1.0)
    assert "An earlier report differs" in built.answer(WALKED).text
    assert not [p for p in chat.prompts if "Proposed answer: 1,720" in p]


def test_few_reports_are_asked_about(pipeline):
    more = {
        f"c{day}_md": story(f"Day {day}", "Tide News", f"2031-06-{day}",
                            f"It is Friday, and the {day}00 dockers who downed tools are still out.")
        for day in (25, 26, 28, 29)
    }  # fmt: skip
    built, chat = pipeline(STRIKE | more, FIRST, 0.2, confirmed=1.0)
    built.answer(WALKED)
    asked = [p for p in chat.prompts if "Proposed answer: " in p and "Proposed answer: 1,300" not in p]
    assert len(asked) == 2

"""A question that the chosen sentences leave open is read for again, in whole passages."""

import pytest

from eval.cases import parse_case
from eval.fit_drafts import drafts_of_set
from qa.evidence import left_out
from qa.gate import WITHOUT_PROBE, Gate
from qa.models import Stage
from qa.prompts import PROBE
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story
from tests.test_qa_second_look import QUESTION, RIGHT, WRONG, weights

FILLER = (
    "Barley prices were steady for a fourth week.",
    "A choir of pensioners sang outside the town hall until dusk.",
    "Two swans have nested under the railway bridge.",
    "The library will lend ukuleles from next spring.",
)


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    """A pipeline whose reader decides which draft is believed, over an article that is mostly on other things."""
    text = " ".join(("Jonna Ekblad, who heads the rescue service, met Mayor Yusuf Dirie in a school.", *FILLER))

    def make(*replies, threshold=0.1, intercept=1.0):
        chat = ScriptedChatModel(replies=list(replies))
        built = pipeline_with(
            chat, write_articles(a_md=story("Fire at the mill", "Quay Post", "2031-05-16", text))
        )
        gate = weights([0, 0, 0, 1], 0.6) | {"threshold": threshold, "follow_up_threshold": threshold}
        gate |= {"intercept": intercept, "hopeless": 0.1}
        built.writer.gate = Gate({"scripted": gate, WITHOUT_PROBE: gate}, "scripted")
        return built, chat

    return make


def written_on(chat):
    """The prompts on which the model wrote, without those that ask it for a yes or no."""
    return [prompt for prompt in chat.prompts if PROBE not in prompt]


def test_what_the_chosen_sentences_leave_open_is_read_for_in_whole_passages(pipeline):
    built, chat = pipeline(WRONG, RIGHT)
    growing = list(built.stream(QUESTION))
    assert growing[-1].short == "Jonna Ekblad"
    first, second = written_on(chat)
    assert not any(sentence in first for sentence in FILLER)
    assert f"in a school. {' '.join(FILLER)}\n" in second, "as one text"
    (cited,) = growing[-1].citations
    assert cited.quote.endswith("in a school."), "the sentence is cited, not the passage"


def test_what_was_shown_of_the_first_draft_is_taken_back_before_the_second(pipeline):
    built, _ = pipeline(WRONG, RIGHT)
    shown = [(answer.stage, answer.text) for answer in built.stream(QUESTION)]
    said = max(place for place, (_, text) in enumerate(shown) if "Yusuf Dirie is" in text)
    assert shown[said + 1] == (Stage.READING, "")


def test_an_answer_that_is_believed_is_read_for_once(pipeline):
    built, chat = pipeline(RIGHT, WRONG)
    assert built.answer(QUESTION).short == "Jonna Ekblad"
    assert len(written_on(chat)) == 1


def test_what_no_reading_bears_out_is_declined(pipeline):
    built, chat = pipeline(WRONG, WRONG)
    assert built.answer(QUESTION).abstained
    assert len(written_on(chat)) == 2


def test_a_closed_gate_is_asked_again_about_whole_passages(pipeline):
    built, chat = pipeline(RIGHT, threshold=0.99)
    assert built.answer(QUESTION).short == "Jonna Ekblad"
    (prompt,) = written_on(chat)
    assert all(sentence in prompt for sentence in FILLER)


def test_what_the_gate_sees_no_hope_for_is_not_read_again(pipeline):
    built, chat = pipeline(RIGHT, intercept=-2.5)
    assert built.answer(QUESTION).abstained
    assert written_on(chat) == []


def test_a_step_of_a_question_is_read_for_once(pipeline):
    built, chat = pipeline(*[WRONG] * 4)
    asked = "What came first, the meeting of Yusuf Dirie with the rescue service or the fire?"
    assert built.answer(asked).abstained
    assert sum("Question: When was the meeting" in prompt for prompt in written_on(chat)) == 1


def test_nothing_is_read_again_that_was_read_whole_at_once(pipeline):
    built, chat = pipeline(WRONG)
    built.finder.settings = built.settings.model_copy(update={"context_budget": 3000})
    assert built.answer(QUESTION).abstained
    assert len(written_on(chat)) == 1


def test_nothing_is_read_again_without_a_reader(pipeline):
    built, _ = pipeline(WRONG)
    reading = built.read(QUESTION)
    assert built.finder.closer(reading) is not None
    built.finder.reader = None
    assert built.finder.closer(built.read(QUESTION)) is None


def test_whole_passages_stand_in_the_order_of_the_text_and_hold_what_was_left_out(pipeline):
    built, _ = pipeline()
    reading = built.read(QUESTION)
    closer = built.finder.closer(reading)
    assert [item.start for item in closer.evidence] == sorted(item.start for item in closer.evidence)
    assert len(closer.evidence) == 1 + len(FILLER)
    missed = left_out(closer.evidence, reading.evidence)
    assert [item.text for item in missed] == list(FILLER)
    assert left_out(closer.evidence, closer.evidence) == []


@pytest.mark.parametrize(
    ("replies", "attempts"), [((WRONG, RIGHT), [(False, 0.0), (True, 1.0)]), ((RIGHT,), [(True, 0.0)])]
)
def test_what_is_fitted_on_is_what_the_product_attempts(pipeline, replies, attempts):
    built, _ = pipeline(*replies)
    row = {"id": "c", "question": QUESTION, "answer": "Jonna Ekblad", "answerable": True, "split": "dev"}
    found = drafts_of_set("own", [parse_case(row)], 9, built, lambda _: None)
    assert [(row.right, row.features.read_again) for row in found] == attempts
    assert not any(row.features.quoted for row in found)

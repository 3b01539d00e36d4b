"""The pipeline with a step left out: each does what its name says, and nothing else changes."""

import pytest

from eval.ablation import STEPS, without
from tests.fakes import ScriptedChatModel

TARGET = "What is the NATO spending target?"
INVENTED = "The NATO spending target is 7%.\nShort: 7%"


@pytest.fixture
def pipelines(pipeline_with):
    """Give the whole pipeline with a model of these replies, and the same without a step."""

    def make(step, *replies):
        whole = pipeline_with(ScriptedChatModel(replies=list(replies)))
        return whole, without(step, whole)

    return make


def test_without_the_gate_a_question_on_nothing_there_is_read(pipelines):
    whole, ablated = pipelines("gate")
    reading = whole.read("Who won the chess tournament in Reykjavik in 1972?")
    assert not whole.writer.judge(reading).answerable
    assert ablated.writer.judge(reading).answerable


def test_without_grounding_what_is_invented_is_shown(pipelines):
    whole, ablated = pipelines("grounding", INVENTED, INVENTED)
    assert "7%" not in whole.answer(TARGET).text
    answer = ablated.answer(TARGET)
    assert answer.text == "The NATO spending target is 7% [1]."
    assert answer.short == "7%"
    assert len(answer.citations) == 1


def test_without_evidence_the_model_reads_passages(pipelines):
    whole, ablated = pipelines("evidence")
    chosen, passages = whole.read(TARGET), ablated.read(TARGET)
    assert {item.text for item in passages.evidence} <= {passage.chunk.text for passage in passages.passages}
    assert max(len(item.text) for item in chosen.evidence) < max(len(item.text) for item in passages.evidence)


def test_without_parts_a_question_is_one(pipelines):
    whole, ablated = pipelines("parts")
    question = "What is the NATO spending target, and who leads the alliance's largest member state?"
    assert len(whole.finder.questions_in(question)) == 2
    assert ablated.finder.questions_in(question) == (question,)
    (part,) = ablated.read(question).parts
    assert part.text == question
    assert ablated.finder.retriever.settings.part_slots == 0
    assert whole.finder.retriever.settings.part_slots > 0


@pytest.mark.parametrize("step", STEPS)
def test_each_step_can_be_left_out_of_a_run(step, pipelines):
    truth = "The target is 2% of GDP.\nShort: 2%"
    _, ablated = pipelines(step, truth)
    assert "2%" in ablated.answer(TARGET).text

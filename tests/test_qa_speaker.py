"""What somebody else says is no answer to "What did X say?"."""

import pytest

from qa.speaker import names_of_speakers
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    def with_reply(reply):
        folder = write_articles(
            a_md=story("Council backs the weir", "Quay Post", "2031-03-02",
                       "Mayor Ida Brandt opened the meeting on the weir. The weir will cost 40 million crowns, "
                       'councillor Ferris Oake said. "It will keep 300 cellars dry," he told the meeting. Olav '
                       "Rusk, the deputy, left early."),
        )  # fmt: skip
        return pipeline_with(ScriptedChatModel(replies=[reply] * 9, yes=0.99), folder)

    return with_reply


COST = "The weir will cost 40 million crowns.\nShort: 40 million crowns"


def test_words_of_another_are_not_given_as_those_of_whom_the_question_names(pipeline):
    assert pipeline(COST).answer("How much did Ida Brandt say the weir will cost?").abstained
    assert pipeline(COST).answer("How much did Nora Vale say the weir will cost?").abstained


def test_words_of_the_named_speaker_are_given(pipeline):
    assert pipeline(COST).answer("How much did Ferris Oake say the weir will cost?").short == "40 million crowns"


def test_the_next_sentence_of_the_same_speaker_may_say_he(pipeline):
    reply = "It will keep 300 cellars dry.\nShort: 300"
    assert pipeline(reply).answer("How many cellars did Ferris Oake say the weir will keep dry?").short == "300"


STRIKE = (
    "Max Ode runs the ferries. Ann Joss, the president of the union, said that money was a part. "
    '"A ship is a bus that you cannot get off." The strike goes on.'
)
INTERVIEW = (
    "Ann Joss talked to us, and Max Ode listened.\n\n**Quay Post: How big is it?**\n\n"
    "Ann Joss: The map is 44 square kilometres. The tide is the main character."
)


@pytest.mark.parametrize(
    ("text", "question", "reply"),
    [
        (STRIKE, "What did {} compare a ship to?", "A ship is a bus that you cannot get off.\nShort: a bus"),
        (INTERVIEW, "What does {} call the main character?", "The tide is the main character.\nShort: The tide"),
    ],
    ids=["a quotation by itself: who was named last", "an interview: the label before it"],
)
@pytest.mark.parametrize(("name", "given"), [("Ann Joss", True), ("Max Ode", False)])
def test_a_sentence_that_names_nobody_is_of_whoever_is_named_before_it(
    pipeline_with, write_articles, text, question, reply, name, given
):
    folder = write_articles(a_md=story("Crews walk out", "Quay Post", "2031-03-02", text))
    pipeline = pipeline_with(ScriptedChatModel(replies=[reply] * 9, yes=0.99), folder)
    assert pipeline.answer(question.format(name)).abstained is not given


def test_a_question_that_asks_for_nobodys_words_is_answered_by_anybodys(pipeline):
    assert pipeline(COST).answer("How much will the weir of mayor Ida Brandt cost?").short == "40 million crowns"


@pytest.mark.parametrize(
    ("question", "speakers"),
    [
        ("What did Ida Brandt call the weir?", [{"ida", "brandt"}]),
        ("How much did councillor Oake say it would cost?", [{"oake"}]),
        ("When did the Quay Post report that the weir was built?", []),
        ("What is the weir called?", []),
        ("What would keep the cellars dry, in Dr Ida Brandt's view?", [{"dr", "ida", "brandt"}]),
        ("How did the minister Ida Brandt put the state's position on it?", [{"ida", "brandt"}]),
        ("How did Ida Brandt put out the fire?", []),
        ("In what words did the boatman Ida Brandt dismiss the plan?", [{"ida", "brandt"}]),
        ("What did Ferris Oake of Salt Link compare the weir to?", [{"ferris", "oake"}]),
        ("Who resigned after Ana Ruiz announced the merger?", []),
        ("When did Ana Ruiz call the election?", []),
        ("How many cars did Ana Ruiz recall?", []),
        ("What share of GDP did Ana Ruiz say the towns should aim for?", [{"ana", "ruiz"}]),
        ("What did he say?", []),
        ("Who built the weir?", []),
    ],
)
def test_speakers_are_those_whose_words_are_asked_for(question, speakers):
    assert names_of_speakers(question, frozenset({"quay", "post"})) == [frozenset(names) for names in speakers]

"""Questions put as statements, with the answer in them."""

import pytest

from qa.answers import ABSTENTION
from qa.statement import answer_as_statement, premise_of, statement_of
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Is the target 5%?", "The target is 5%."),
        ("Is the levy on boats 5%?", "The levy on boats is 5%."),
        ("Is the limit set for 2032 lower than the one before?",
         "The limit set for 2032 is lower than the one before."),
        ("Was the second attempt to land called off because of fog?",
         "The second attempt to land was called off because of fog."),
        ("And did the board raise its bid in May?", "The board did raise its bid in May."),
        ("Was the session on arms for the islands convened by Norway?",
         "The session on arms for the islands was convened by Norway."),
        ("Had the battery of the siren been stolen before the storm?",
         "The battery of the siren had been stolen before the storm."),
        ("Has the mayor already resigned?", "The mayor has already resigned."),
        ("Didn't the board sell the yard?", "The board did sell the yard."),
        ("Has the mayor not resigned?", "The mayor has not resigned."),
        ("Who resigned?", ""),
        ("The mayor resigned.", ""),
        ("Is it?", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_yes_or_no_question_is_the_statement_that_it_asks_about(question, statement):
    assert statement_of(question) == statement


@pytest.mark.parametrize(
    ("question", "short", "statement"),
    [
        ("How many boats did the storm sink?", "nine", "The storm did sink nine boats."),
        ("Which airline agreed to buy Northwing?", "Skyfare", "Skyfare agreed to buy Northwing."),
        ("Who was given Ann Joss's wheel after the puncture?", "Max Ode",
         "Max Ode was given Ann Joss's wheel after the puncture."),
        ("To which club did Rovers send Olav Rusk on loan?", "Aalvig",
         "Rovers did send Olav Rusk on loan to Aalvig."),
        ("How many people did Ida Brandt say had signed the list?", "300",
         "Ida Brandt did say 300 people had signed the list."),
        ("What percentage of GDP does Norway spend on defence?", "2%", "Norway does spend 2% of GDP on defence."),
        ("What was the rate in Marenna in June?", "8.3 per cent", "The rate in Marenna in June was 8.3 per cent."),
        ("What did the plant cost to build?", "9 crowns", "The plant did cost 9 crowns to build."),
        ("Which yard did the board agree to buy?", "Brask", "The board did agree to buy Brask."),
        ("Where was the company founded?", "in Oslo", "The company was founded in Oslo."),
        ("Why was the launch delayed?", "high wind", "The launch was delayed because high wind."),
        ("When did the mayor resign?", "on 3 May", "The mayor did resign on 3 May."),
        ("And where did the ferry sink?", "India", "The ferry did sink in India."),
        ("Why didn't the mayor resign?", "pride", ""),
        ("Did the mayor resign when the weir broke?", "Yes", ""),
        ("Which came first, the strike or the fire?", "the strike", ""),
        ("The mayor who resigned is how old?", "60", ""),
        ("Who resigned?", "", ""),
    ],
)  # fmt: skip
def test_an_answer_is_put_into_its_question(question, short, statement):
    assert answer_as_statement(question, short) == statement


@pytest.mark.parametrize(
    ("question", "premise"),
    [
        ("Why did the board sell the yard?", "The board did sell the yard."),
        ("When was the session opened by Norway?", "The session was opened by Norway."),
        ("What did the board sell?", ""),
        ("Why didn't the board sell the yard?", ""),
        ("How many yards did the board sell?", ""),
        ("Where is it, in Oslo or in Brask?", ""),
        ("Did the board say why?", ""),
    ],
)
def test_what_a_question_takes_for_granted_is_a_statement(question, premise):
    assert premise_of(question) == premise


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("Why did the harbour board sell the yard?", True),
        ("Why did the owners sell the yard?", False),
        ("Why did the harbour board regret the weir?", False),
    ],
)
def test_what_is_taken_for_granted_and_said_of_somebody_else_is_put_right(
    pipeline_with, write_articles, question, corrected
):
    text = "The owners sold the yard, which the harbour board regretted."
    folder = write_articles(a_md=story("Yard sold", "Quay Post", "2031-03-02", text))
    pipeline = pipeline_with(ScriptedChatModel(replies=["The articles do not say why."] * 9, yes=0.99), folder)
    answer = pipeline.answer(question)
    assert answer.abstained is not corrected
    assert answer.text == (f"The articles say otherwise: “{text}” [1]" if corrected else ABSTENTION)
    assert len(answer.citations) == corrected


SOLD = "The Norrland group bought the shipyard Brask in March.\nShort: {}"


@pytest.mark.parametrize(
    ("question", "short", "given"),
    [
        ("Which shipyard did the Norrland group buy in March?", "Brask", True),
        ("Which group bought the shipyard Brask in March?", "Norrland", True),
        ("Which group was bought by the shipyard Brask in March?", "Norrland", False),
    ],
)
def test_what_somebody_else_did_is_no_answer_though_it_is_true(
    pipeline_with, write_articles, question, short, given
):
    folder = write_articles(
        a_md=story("Yard sold", "Quay Post", "2031-03-02",
                   "The Norrland group bought the shipyard Brask in March, after a year of talks. Its owners had "
                   "asked for more."),
    )  # fmt: skip
    pipeline = pipeline_with(ScriptedChatModel(replies=[SOLD.format(short)] * 9, yes=0.99), folder)
    assert pipeline.answer(question).abstained is not given

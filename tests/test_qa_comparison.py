"""Comparisons of two figures: taken apart by rule, looked for half by half, compared by code."""

import pytest

from qa.comparison import comparison_of
from qa.models import Scope
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Ostrel's year", "Quay Post", "2031-03-02",
                   "The carrier Ostrel earned 61.3 million crowns in 2030, up from 48.7 million the year before. "
                   "It has 1,300 dockers on its books."),
        b_md=story("Brisk Foods cuts jobs", "Tide News", "2031-06-20",
                   "Brisk Foods earned 9.8 million crowns in 2030, it said on Friday. It will cut 130 jobs."),
        c_md=story("Herring limit", "Tide News", "2031-04-01",
                   "The ministry first proposed cutting the herring limit from 42,000 tonnes to 31,000 tonnes."),
        d_md=story("Herring limit fixed", "Tide News", "2031-10-01",
                   "The herring limit for 2032 was fixed at 34,500 tonnes on Wednesday."),
    )  # fmt: skip
    # A model that finds every claim likely, as small ones do.
    return pipeline_with(ScriptedChatModel(replies=["The evidence does not say."] * 9, yes=0.99), folder)


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Did Ostrel earn more in 2030 than Brisk Foods earned in 2030?", "Yes"),
        ("Did Brisk Foods earn more in 2030 than Ostrel earned in 2030?", "No"),
        ("Did Ostrel earn less in 2030 than Brisk Foods earned in 2030?", "No"),
        ("Is the herring limit fixed for 2032 lower than the limit the ministry first proposed?", "No"),
        ("Did Ostrel earn more than 60 million crowns in 2030?", "Yes"),
        ("Does Ostrel have more than 1,500 dockers on its books?", "No"),
        ("Did Ostrel earn less in 2030 than the year before?", "No"),
        ("Which company earned more in 2030, Brisk Foods or Ostrel?", "Ostrel"),
        ("Which company earned less in 2030, Brisk Foods or Ostrel?", "Brisk Foods"),
    ],
)
def test_the_figures_decide(pipeline, question, short):
    answer = pipeline.answer(question)
    assert answer.short == short
    assert answer.citations


def test_both_sides_are_cited(pipeline):
    answer = pipeline.answer("Did Brisk Foods earn more in 2030 than Ostrel earned in 2030?")
    assert [c.passage.article.source for c in answer.citations] == ["Tide News", "Quay Post"]
    assert "9.8 million crowns" in answer.text
    assert "61.3 million crowns" in answer.text


def test_figures_of_different_things_are_not_compared(pipeline):
    reading = pipeline.read("Does Ostrel have more dockers on its books than Brisk Foods will cut jobs?")
    assert comparison_of(reading.question).counted == "docker"


def test_the_scope_of_the_caller_holds_for_both_halves(pipeline):
    question = "Did Brisk Foods earn more in 2030 than Ostrel earned in 2030?"
    answer = pipeline.answer(question, scope=Scope(sources=("Tide News",)))
    assert {c.passage.article.source for c in answer.citations} <= {"Tide News"}


@pytest.mark.parametrize(
    "question",
    [
        "Was it more than a mistake?",
        "By how many crowns is the profit of Ostrel larger than the profit of Brisk Foods?",
        "What was the limit in 2032?",
        "Did Ostrel grow earlier than Brisk Foods?",
        "Who is older than Mira Holm?",
        "Is the carrier Ostrel older than the maker Brisk Foods?",
        "Is the pay of dockers more important to Ostrel than the price of its ships?",
        "Did Ostrel pay more often than Brisk Foods did in the year?",
    ],
)
def test_other_questions_are_no_comparison_of_amounts(question):
    assert comparison_of(question) is None


def test_what_the_figures_do_not_decide_is_not_left_to_the_model(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Ostrel's year", "Quay Post", "2031-03-02", "Ostrel has 1,300 dockers on its books."),
        b_md=story("Brisk Foods", "Tide News", "2031-06-20", "Brisk Foods has cleaners on its books as well."),
    )
    yes = ScriptedChatModel(replies=["Yes.\nShort: Yes"] * 4, yes=0.99)
    pipeline = pipeline_with(yes, folder, name="Qwen2.5-Coder-1.5B-Instruct-Q4_K_M")
    assert pipeline.answer("Does Ostrel have dockers on its books?").short == "Yes"
    assert pipeline.answer("Does Ostrel have more dockers than Brisk Foods has cleaners on its books?").abstained

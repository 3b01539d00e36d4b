"""The product as shipped answers the seed article: the 1.5B model, the fitted gate, nothing scripted."""

import pytest

from qa.models import SupportStatus
from tests.conftest import SEED_ID

pytestmark = pytest.mark.model


def test_the_nato_spending_target_is_two_percent_with_its_passage(seed_pipeline):
    growing = list(seed_pipeline.stream("what is the NATO spending target?"))
    answer = growing[-1]
    assert "2%" in answer.text
    assert "GDP" in answer.text
    assert "[1]" in answer.text
    if "5%" in answer.text:
        assert "Trump" in answer.text  # as his demand
    assert answer.citations[0].passage.article.id == SEED_ID
    assert "2% target" in answer.citations[0].quote
    assert sum(bool(a.text) for a in growing) > 3  # it streamed


@pytest.mark.parametrize("question", ["What is Japan's defence budget?", "Who won the 1962 World Cup final?"])
def test_what_the_article_does_not_say_is_not_invented(seed_pipeline, question):
    answer = seed_pipeline.answer(question)
    assert answer.text == "The articles don't say."
    assert answer.abstained
    assert answer.citations == ()


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Which country convened the recent session?", "United Kingdom"),
        ("When is the NATO leaders summit?", "June"),
        ("Who set up the effort to secure arms for Ukraine?", "Austin"),
    ],
)
def test_plain_facts(seed_pipeline, question, word):
    answer = seed_pipeline.answer(question)
    assert word in answer.text
    assert answer.short
    assert all(s.status is SupportStatus.SUPPORTED for s in answer.support)


def test_a_figure_that_only_the_question_gives_is_denied_by_the_one_that_stands_there(seed_pipeline):
    answer = seed_pipeline.answer("Is the NATO spending target 4%?")
    assert answer.text.startswith("No")
    assert "2% target" in answer.citations[0].quote

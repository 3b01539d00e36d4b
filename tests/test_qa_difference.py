"""Differences of two figures: taken apart by rule, worked out by code, both figures cited."""

import pytest

from qa.difference import difference_of
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    folder = write_articles(
        a_md=story("Council backs the weir", "Quay Post", "2031-03-02",
                   "The council backed the Tarn weir, whose estimated cost the board puts at 412 million crowns."),
        b_md=story("Weir gets dearer", "Tide News", "2031-09-04",
                   "Papers of the board put the estimated cost of the Tarn weir at 498 million crowns."),
        c_md=story("Fewer salmon", "Tide News", "2031-06-20",
                   "The salmon limit for 2032 was fixed at 34,500 tonnes. The trust had asked for a salmon limit "
                   "of 31,000 tonnes."),
        d_md=story("Two schools", "Tide News", "2031-06-21",
                   "At Elm School 81% of the pupils passed. At Ash School 64.5% of the pupils passed."),
    )  # fmt: skip
    return pipeline_with(ScriptedChatModel(replies=["The evidence does not say."] * 9, yes=0.99), folder)


@pytest.mark.parametrize(
    ("question", "short", "worked"),
    [
        (
            "By how much did the estimated cost of the Tarn weir grow between March 2031 and September 2031?",
            "86 million crowns",
            "498 million − 412 million",
        ),
        (
            "How much has the estimated cost of the Tarn weir risen from March 2031 to September 2031?",
            "86 million crowns",
            "498 million − 412 million",
        ),
        (
            "By how many tonnes is the salmon limit that was fixed for 2032 above the one the trust asked for?",
            "3,500 tonnes",
            "34,500 − 31,000",
        ),
        (
            "How many tonnes above the salmon limit that the trust had asked for was the limit fixed for 2032?",
            "3,500 tonnes",
            "34,500 − 31,000",
        ),
        (
            "What is the difference between the share of pupils who passed at Elm School and at Ash School?",
            "16.5 percentage points",
            "81 − 64.5",
        ),
    ],
)
def test_the_difference_is_worked_out_and_both_figures_are_cited(pipeline, question, short, worked):
    answer = pipeline.answer(question)
    assert answer.short == short
    assert f"{short} ({worked})" in answer.text
    quoted = " ".join(citation.quote for citation in answer.citations)
    assert all(part.split()[0] in quoted for part in worked.split(" − "))


@pytest.mark.parametrize(
    "question",
    [
        # It grew.
        "By how much did the estimated cost of the Tarn weir fall between March 2031 and September 2031?",
        # No report of that month, nor of that year.
        "By how much did the estimated cost of the Tarn weir grow between March 2031 and November 2031?",
        "By how much did the estimated cost of the Tarn weir grow between 2029 and September 2031?",
        # No such school.
        "What is the difference between the share of pupils who passed at Elm School and at Oak College?",
    ],
)
def test_what_the_reports_do_not_give_is_not_worked_out(pipeline, question):
    assert difference_of(question) is not None
    assert pipeline.answer(question).abstained


@pytest.mark.parametrize(
    "question",
    [
        "How much did the weir cost in March 2031?",
        "How many people voted between 9 and 10 o'clock?",
        "By how many votes did the council back the weir?",
    ],
)
def test_other_questions_are_no_differences(question):
    assert difference_of(question) is None

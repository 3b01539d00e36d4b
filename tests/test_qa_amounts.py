"""Two amounts, each asked for by itself, and compared or subtracted by code."""

import pytest

from qa.amounts import amounts_of
from tests.test_qa_deciding import story


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "Did Ostrel earn more in 2030 than Voxen did in its year to May?",
            ("How much did Ostrel earn in 2030?", "How much did Voxen earn in its year to May?"),
        ),
        (
            "Is the staff planned for Brask larger than the one Voxen promised?",
            ("How much is the staff planned for Brask?", "How much was the staff Voxen promised?"),
        ),
        (
            "Which had more people on its payroll in May: Ostrel or Voxen?",
            (
                "How many people was it that Ostrel had on its payroll in May?",
                "How many people was it that Voxen had on its payroll in May?",
            ),
        ),
        (
            "By how much did the bill for the repairs exceed the first estimate?",
            ("How much was the bill for the repairs?", "How much was the first estimate?"),
        ),
        (
            "Was the no-go area at Brask wider in May than the one the mayor ordered first?",
            ("How wide was the no-go area at Brask in May?", "How wide was the area the mayor ordered first?"),
        ),
        (
            "Did the taller crane of Ostrel cost more than the old crane of Voxen?",
            ("How much did the taller crane of Ostrel cost?", "How much was the old crane of Voxen?"),
        ),
        (
            "Is the Brask Canal shallower than the Voxen Basin?",
            ("How deep is the Brask Canal?", "How deep was the Voxen Basin?"),
        ),
    ],
)
def test_a_comparison_asks_for_two_amounts(question, asked):
    assert amounts_of(question).asked == asked


@pytest.mark.parametrize(
    "question",
    [
        "Were more ships held up on Friday than on Monday?",
        "Did the yard employ more than 500 people?",
        "How much did the repairs cost?",
        "Did it take longer than two weeks to mend the crane?",
        "Is the bridge at Brask wider than 500 metres?",
        "Is the new pier at Brask three times wider than the old pier at Voxen?",
        "Was the second tunnel not deeper than the first tunnel?",
        "Will the wider road carry heavier lorries than the old road?",
        "Was the load heavier than the owner of the mill had said?",
        "Is the gap wider than it was in 2020?",
    ],
)
def test_other_questions_ask_for_no_two_amounts(question):
    assert amounts_of(question) is None


ARTICLES = {
    "a_md": story("Fire at Voxen", "Quay Post", "2031-03-05",
                  "The insurers of Voxen reckoned the harm done by the flames at about 310 million crowns."),
    "b_md": story("Voxen is back", "Tide News", "2031-08-12",
                  "Putting the works in order again has set Voxen back by 355 million crowns, it said."),
}  # fmt: skip
MORE = "By how much did the bill for mending the works exceed what the insurers had reckoned with?"
LARGER = "Was the bill for mending the works larger than the sum the insurers had reckoned with?"
BILL = "Putting the works in order again has set Voxen back by 355 million crowns.\nShort: 355 million crowns"
SUM = "The insurers of Voxen reckoned the harm at about 310 million crowns.\nShort: 310 million crowns"
DECLINES = "The evidence does not say."


@pytest.fixture
def ask(ask_about):
    return lambda question, *replies: ask_about(ARTICLES, question, *replies)[0]


def test_the_difference_of_two_answers_is_given_with_both_reports(ask):
    answer = ask(MORE, DECLINES, BILL, SUM)
    assert answer.short == "45 million crowns"
    assert "(355 million − 310 million)" in answer.text
    assert {c.passage.article.source for c in answer.citations} == {"Quay Post", "Tide News"}


def test_the_larger_of_two_answers_decides(ask):
    answer = ask(LARGER, BILL, SUM)
    assert answer.short == "Yes"
    assert "(355 million crowns and 310 million crowns)" in answer.text


@pytest.mark.parametrize(
    ("now", "short"),
    [("5 kilometres", "No"), ("12 kilometres", "Yes"), ("a mile", ""), ("9 square kilometres", "")],
)
def test_of_two_widths_the_answers_decide_and_no_guess(ask_about, now, short):
    articles = {
        "a_md": story("Out", "Quay Post", "2031-03-05", "The mayor of Brask ordered a zone of 8 kilometres."),
        "b_md": story("Back", "Quay Post", "2031-05-12", f"The zone at Brask is now {now} wide, the mayor said."),
    }
    question = "Was the zone at Brask wider in May 2031 than the one the mayor ordered first?"
    replies = (
        f"The zone at Brask is now {now} wide.\nShort: {now}",
        "The mayor of Brask ordered a zone of 8 kilometres.\nShort: 8 kilometres",
    )
    assert ask_about(articles, question, *replies)[0].short == short


def test_an_amount_that_is_not_given_leaves_it_open(ask):
    assert ask(MORE, DECLINES, BILL, DECLINES).abstained
    assert ask(MORE, DECLINES, SUM, BILL).abstained, "the other way round than the question says"

"""Questions on something that they only describe: its name is asked for first, and put in its place."""

import pytest

from qa.bridge import bridge_of
from tests.test_qa_deciding import story


@pytest.mark.parametrize(
    ("question", "asked", "named"),
    [
        (
            "What price was set for the airline that was founded in Brask in 1998?",
            "Which airline was founded in Brask in 1998?",
            "What price was set for Ostrel?",
        ),
        (
            "What pay rise did the union headed by Doran Pyke accept in the end?",
            "Which union was headed by Doran Pyke?",
            "What pay rise did Ostrel accept in the end?",
        ),
        (
            "The shipping company that moved three ships to Brask: what profit did it make in 2031?",
            "Which shipping company moved three ships to Brask?",
            "Ostrel: what profit did it make in 2031?",
        ),
    ],
)
def test_what_a_question_describes_is_asked_for_by_itself(question, asked, named):
    bridge = bridge_of(question)
    assert (bridge.asked, bridge.named("Ostrel")) == (asked, named)


@pytest.mark.parametrize(
    "question",
    [
        "What is the NATO spending target?",
        "Name the firm that pays for the game.",
        "Which firm that pays for games is in Osaka?",
        "How much did the sum that the mayor asked for come to?",
        "Was the plan dropped after the vote?",
        "How many of the dockers who voted said yes?",
    ],
)
def test_a_question_that_names_what_it_is_about_is_left_as_it_is(question):
    assert bridge_of(question) is None


@pytest.mark.parametrize(
    "name", ["a small airline", "Brask", "", "The Company That Is Called Ostrel Of The North"]
)
def test_what_is_no_new_name_takes_no_place(name):
    assert bridge_of("What price was set for the airline that was founded in Brask?").named(name) == ""


ARTICLES = {
    "a_md": story("Loss at Ostrel", "Quay Post", "2031-03-05",
                  "Ostrel, the airline founded in Brask in 1998, lost 210 million crowns last year."),
    "b_md": story("Price cut", "Tide News", "2031-08-12",
                  "Gavia will pay 3.1 billion crowns for Ostrel, less than was agreed in March."),
}  # fmt: skip
QUESTION = "What price did Gavia agree to pay for the airline that was founded in Brask in 1998?"
DECLINES = "The evidence does not say."
WHICH = "Ostrel was founded in Brask in 1998.\nShort: Ostrel"
PRICE = "Gavia will pay 3.1 billion crowns for Ostrel.\nShort: 3.1 billion crowns"


@pytest.fixture
def ask(ask_about):
    return lambda *replies: ask_about(ARTICLES, QUESTION, *replies)


def test_both_steps_are_said_and_each_is_cited(ask):
    answer, prompts = ask(DECLINES, WHICH, PRICE)
    assert answer.short == "3.1 billion crowns"
    assert answer.text.startswith("Ostrel was founded in Brask in 1998 [1].")
    assert [c.passage.article.source for c in answer.citations] == ["Quay Post", "Tide News"]
    assert any("Question: What price did Gavia agree to pay for Ostrel?" in prompt for prompt in prompts)


def test_without_the_name_nothing_is_answered(ask):
    assert ask(DECLINES, DECLINES)[0].abstained
    assert ask(DECLINES, WHICH, DECLINES)[0].abstained

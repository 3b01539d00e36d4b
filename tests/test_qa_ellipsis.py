"""What a follow-up leaves out is put in from the turn before."""

import pytest

from qa.ellipsis import completed
from qa.follow_up import is_faithful, put_by_rule
from qa.models import Turn
from qa.rewrite import leans_on_history, may_stand_alone

COST = Turn("What was the Gannet bridge expected to cost in 2030?", "476 million crowns.")
SHIPS = Turn("How many ships lay at anchor on the first day of the Dortel strike?", "11 ships.")
JOBS = Turn("How many jobs will Brask Canneries cut at Holm?", "130 jobs.")
FINAL = Turn("Who scored the first goal in the match at Brask on 17 May 2031?", "Joss Tarrant, for Athletic.")
LOAN = Turn("What is the loan of the Wend Boat to Dortel expected to cost?", "1.45 million crowns.")
WORDS = Turn("How did the fishers take the limit?", 'It was called "a bad number with good manners".')
TOOL = Turn("Which tool did Devika Pillai tell the court about?", "Lotus Rank.")
FARE = Turn("What does the port of Dortel charge for a 20-foot container?", "66 crowns.")


@pytest.mark.parametrize(
    ("last", "question", "complete"),
    [
        (COST, "And in June 2031?", "What was the Gannet bridge expected to cost in June 2031?"),
        (COST, "What about the tunnel?", "What was the tunnel expected to cost in 2030?"),
        (COST, "And the year before?", "What was the Gannet bridge expected to cost in 2029?"),
        (COST, "What had it been the year before?", "What was the Gannet bridge expected to cost in 2029?"),
        (COST, "And Brask, in 2028?", "What was the Brask bridge expected to cost in 2028?"),
        (SHIPS, "What about day four?", "How many ships lay at anchor on day four of the Dortel strike?"),
        (JOBS, "By when?", "By when will Brask Canneries cut 130 jobs at Holm?"),
        (JOBS, "Why?", "Why will Brask Canneries cut 130 jobs at Holm?"),
        (FINAL, "And who equalised?", "Who equalised at Brask on 17 May 2031?"),
        (LOAN, "Why has it gone up?", "Why has the loan of the Wend Boat to Dortel gone up?"),
        (WORDS, "Who said that?", 'Who said "a bad number with good manners"?'),
        (WORDS, "Whose words are those?", 'Who said "a bad number with good manners"?'),
        (
            TOOL,
            "How many places could it push a product up?",
            "How many places could Lotus Rank push a product up?",
        ),
        (FARE, "How about a 40-foot one?", "What does the port of Dortel charge for a 40-foot container?"),
        (JOBS, "And who directs the seabird count on Skerrow?", "Who directs the seabird count on Skerrow?"),
        (JOBS, "Back to Athletic: how many points did they win?", "How many points did Athletic win?"),
        (Turn("Did the board sell the yard?", "Yes."), "When?", "When did the board sell the yard?"),
        (Turn("Who sold the yard?", "The board."), "Why?", "Why did the board sell the yard?"),
    ],
)
def test_a_follow_up_is_put_as_a_question_of_its_own(last, question, complete):
    assert completed(question, last) == complete
    assert put_by_rule(question, [last]) == complete


@pytest.mark.parametrize(
    ("last", "question", "why"),
    [
        (JOBS, "Tinplate?", "nothing that it could stand for"),
        (COST, "And at weekends?", "no time and no name: in place of what?"),
        (COST, "How much was it before that?", "when?"),
        (
            Turn("Who set up the fund?", "Lloyd Austin set it up."),
            "How much has it raised?",
            "not how much he has",
        ),
        (JOBS, "And how much does Holm want?", "of what?"),
        (FINAL, "How long is that link?", "which link?"),
        (Turn("What was it called?", "A mess."), "Who said that?", "no quotation"),
        (Turn("How many came?", "It rained, so that few did."), "Why?", "no bare answer"),
        (Turn("Which fine did they give them?", "A big one."), "What for?", "whom?"),
    ],
)
def test_what_stays_open_is_not_put(last, question, why):
    assert put_by_rule(question, [last]) is None, why


@pytest.mark.parametrize(
    ("last", "question", "complete"),
    [
        (COST, "And the year before?", "What was the Gannet bridge expected to cost in 2029?"),
        (JOBS, "And what did the cut cost?", "How much did the cut at Holm cost?"),
        (JOBS, "How much severance did they ask for?", "What amount of severance did Brask Canneries ask for?"),
    ],
)
def test_the_same_asked_in_other_words_is_faithful(last, question, complete):
    assert is_faithful(complete, question, [last])


@pytest.mark.parametrize(
    "question", ["Who led the opposition?", "Back to Athletic: how did they do in 2031?", "Why?"]
)
def test_few_words_without_a_name_lean_on_the_turn_before(question):
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question", ["Who runs Voltara?", "What was decided in 2031?", "How long did the dock strike last?"]
)
def test_a_name_a_year_or_many_words_do_not(question):
    assert not leans_on_history(question)


def test_only_what_leans_by_its_few_words_may_be_a_new_question():
    assert may_stand_alone("Who led the opposition?")
    assert not any(map(may_stand_alone, ("Who led it?", "And the opposition?", "Why?")))

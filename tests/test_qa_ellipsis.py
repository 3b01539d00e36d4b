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
CARS = Turn("How many cars did Voltara sell in 2020?", "Nine.")
LOAN = Turn("What is the loan of the Wend Boat to Dortel expected to cost?", "1.45 million crowns.")
WORDS = Turn("How did the fishers take the limit?", 'It was called "a bad number with good manners".')
WAGE = Turn("What is the minimum wage?", "12 crowns.")
PLAN = Turn("Did the council approve the plan?", "Yes.")
FARE = Turn("What does the port of Dortel charge for a 20-foot container?", "66 crowns.")


@pytest.mark.parametrize(
    ("last", "question", "complete"),
    [
        (COST, "And in June 2031?", "What was the Gannet bridge expected to cost in June 2031?"),
        (COST, "What about the tunnel?", "What was the tunnel expected to cost in 2030?"),
        (CARS, "And last year?", "How many cars did Voltara sell last year?"),
        (COST, "And the year before?", "What was the Gannet bridge expected to cost in 2029?"),
        (COST, "What had it been the year before?", "What was the Gannet bridge expected to cost in 2029?"),
        (COST, "And the tunnel, in 2028?", "What was the tunnel expected to cost in 2028?"),
        (SHIPS, "What about day four?", "How many ships lay at anchor on day four of the Dortel strike?"),
        (JOBS, "By when?", "By when will Brask Canneries cut 130 jobs at Holm?"),
        (JOBS, "Why?", "Why will Brask Canneries cut 130 jobs at Holm?"),
        (
            Turn(JOBS.question, "Brask Canneries will cut 130 jobs at Holm."),
            "By when?",
            "By when will Brask Canneries cut 130 jobs at Holm?",
        ),
        (
            Turn("How many died in the earthquake in Myanmar?", "Nine."),
            "And in Thailand?",
            "How many died in the earthquake in Thailand?",
        ),
        (
            Turn("How many goals did Harry Kane score against Germany?", "Two."),
            "And France?",
            "How many goals did Harry Kane score against France?",
        ),
        (FINAL, "And who equalised?", "Who equalised at Brask on 17 May 2031?"),
        (LOAN, "Why has it gone up?", "Why has the loan of the Wend Boat to Dortel gone up?"),
        (WORDS, "Who said that?", 'Who said "a bad number with good manners"?'),
        (
            Turn("What did Norwich say?", 'Norwich called it "a bad number with good manners".'),
            "Who said that?",
            'Who said "a bad number with good manners"?',
        ),
        (WORDS, "Whose words are those?", 'Who said "a bad number with good manners"?'),
        (FARE, "How about a 40-foot one?", "What does the port of Dortel charge for a 40-foot container?"),
        (JOBS, "And who directs the seabird count on Skerrow?", "Who directs the seabird count on Skerrow?"),
        (JOBS, "Back to Athletic: how many points did they win?", "How many points did Athletic win?"),
        (WAGE, "And how much does Ada Brun want?", "How much does Ada Brun want the minimum wage to be?"),
        (WAGE, "What did the union propose?", "What did the union propose as the minimum wage?"),
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
        (PLAN, "Who wrote it?", "the plan, not the council"),
        (Turn("How much did Voltara pay for the yard?", "A lot."), "Where is it?", "the yard, not Voltara"),
        (JOBS, "Is it raining in Dortel?", "it is nothing"),
        (JOBS, "Back to the tunnel: what was the cost?", "the cost of the tunnel"),
        (Turn(PLAN.question, "No, not according to these reports: it fell."), "Why?", "it did not"),
        (Turn(PLAN.question, "The articles don't say."), "When?", "nobody knows whether"),
        (PLAN, "Which plan?", "not by which plan"),
        (JOBS, "Thanks.", "no question"),
        (CARS, "And how many do they want?", "cars, not Voltara"),
        (JOBS, "Really?", "no thing"),
        (JOBS, "And nationally?", "no thing either"),
        (Turn("How many medals did Simone Biles win in 2024?", "Four."), "And Tokyo?", "a town is no gymnast"),
        (Turn("How many of the 1700 workers left?", "Nine."), "And the year before?", "1700 is no year"),
        (Turn("What did she say?", '“It is a "bold" plan,” she said.'), "Who said that?", "not a part of it"),
        (JOBS, "Who is the prime minister?", "not the one at Holm"),
        (JOBS, "What about , ?", "nothing"),
        (JOBS, "?", "nothing at all"),
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
    ("question", "complete"),
    [
        ("And how many people died?", "What is known of the people who died at Holm?"),
        ("How many will it keep?", "What are the jobs that Brask Canneries will keep at Holm?"),
    ],
)
def test_a_question_for_an_amount_is_none_for_anything_else(question, complete):
    assert not is_faithful(complete, question, [JOBS])


@pytest.mark.parametrize(
    "question", ["Who led the opposition?", "Back to Athletic: how did they do in 2031?", "Why?"]
)
def test_few_words_without_a_name_lean_on_the_turn_before(question):
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who runs Voltara?",
        "What was decided in 2031?",
        "How long did the dock strike last?",
        "who runs voltara?",
        "Back to the tunnel: what was the cost?",
    ],
)
def test_a_name_a_year_or_many_words_do_not(question):
    assert not leans_on_history(question)


def test_only_what_leans_by_its_few_words_may_be_a_new_question():
    assert may_stand_alone("Who led the opposition?")
    assert not any(map(may_stand_alone, ("Who led it?", "And the opposition?", "Why?")))

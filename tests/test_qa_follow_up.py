"""A follow-up is put as a question of its own, and code checks that it asks the same."""

import pytest

from eval.ablation import without
from qa.errors import QuestionError
from qa.follow_up import is_faithful, put_by_rule
from qa.models import Stage, Turn
from qa.prompts import COMPLETE
from qa.rewrite import unexplained_pronoun
from tests.fakes import ScriptedChatModel
from tests.test_qa_deciding import story

COST = (Turn("What was the Gannet bridge expected to cost in 2030?", "476 million crowns."),)
RIDER = (Turn("Who won the Tour of Dortel?", "Samuel Tekle won it."),)


@pytest.mark.parametrize(
    ("history", "question", "complete"),
    [
        (RIDER, "How old is he?", "How old is Samuel Tekle, the winner of the Tour of Dortel?"),
        (COST, "And in June 2031?", "What was the Gannet bridge expected to cost in June 2031?"),
        (COST, "What about the tunnel?", "What was the tunnel expected to cost in 2030?"),
        (COST, "Whose words are those?", "Who said the words that the Gannet bridge costs 476 million crowns?"),
    ],
)
def test_a_question_that_keeps_what_was_asked_is_taken(history, question, complete):
    assert is_faithful(complete, question, history)


@pytest.mark.parametrize(
    ("history", "question", "complete", "why"),
    [
        (RIDER, "How old is he?", "Who won the Tour of Dortel? Samuel Tekle.", "an answer"),
        (RIDER, "How old is he?", "Who won the Tour of Dortel?", "the turn before"),
        (RIDER, "And who was second?", "Who won the Tour of Dortel?", "the turn before, without its word"),
        (RIDER, "And who?", "Who won the Tour of Dortel?", "the turn before, with all its words"),
        (RIDER, "How old is he?", "How old is Matteo Bell?", "a name from nowhere"),
        (COST, "And the year before?", "What did the Gannet bridge cost in the year before 2029?", "a year"),
        (RIDER, "What made him happy?", "Who made Samuel Tekle happy?", "another kind of answer"),
        (COST, "What about day four?", "What about day four?", "still half a question"),
        (
            COST,
            "And the year before?",
            "What was the Gannet bridge expected to cost the year before?",
            "which year?",
        ),
        (RIDER, "Since when has he lived there?", "Since when has Samuel Tekle lived there?", "where?"),
        (RIDER, "How old is he?", "How old is Samuel Tekle", "no question mark"),
        (RIDER, "How old is he?", "How old is Samuel Tekle? How old is he?", "two questions"),
        (RIDER, "How old is he?", "How old is Samuel Tekle,\nthe winner?", "two lines"),
        (RIDER, "Is he from Brask?", "Is Samuel Tekle from Dortel?", "another name"),
    ],
)
def test_a_question_that_asks_something_else_is_not(history, question, complete, why):
    assert not is_faithful(complete, question, history), why


@pytest.mark.parametrize(
    ("history", "question", "complete"),
    [
        (RIDER, "and when did he start?", "When did Samuel Tekle start?"),
        ((Turn("Which club did Bastos go to?", "Brask."),), "What does he earn?", "What does Bastos earn?"),
        (
            (Turn("What did Ana Ruiz say in London?", "A lot."),),
            "Where does she live?",
            "Where does Ana Ruiz live?",
        ),
        ((Turn("What was thought of the ban of January 2032?", "A lot."),), "What did he ask for?", None),
        (COST, "And when will it open?", "When will the Gannet bridge open?"),
        ((Turn("Who won?", "The articles don't say."),), "How old is he?", None),
    ],
)
def test_the_rule_puts_the_name_of_the_turn_before_for_he_and_she(history, question, complete):
    assert put_by_rule(question, history) == complete


ARTICLES = {
    "a_md": story("Tekle wins the tour", "Quay Post", "2031-05-16",
                  "Samuel Tekle won the Tour of Dortel by eight seconds on Sunday. The city put out flags."),
    "b_md": story("A baker's son", "Tide News", "2031-05-18",
                  "Samuel Tekle is 27 and the son of a baker. Matteo Bell is 31 and retires."),
}  # fmt: skip
AGE = "Samuel Tekle is 27.\nShort: 27"
HISTORY = [Turn("Who won the Tour of Dortel?", "Samuel Tekle won it [1].")]


@pytest.fixture
def pipeline(pipeline_with, write_articles):
    def make(*replies):
        chat = ScriptedChatModel(replies=list(replies))
        return pipeline_with(chat, write_articles(**ARTICLES)), chat

    return make


def test_the_model_reads_a_question_that_needs_no_conversation(pipeline):
    built, chat = pipeline("How old is Samuel Tekle?", AGE)
    answer = built.answer("How old is he?", HISTORY)
    assert (answer.question, answer.query, answer.short) == ("How old is he?", "How old is Samuel Tekle?", "27")
    asked, written = chat.prompts[0], chat.prompts[-1]
    assert COMPLETE in asked
    assert "Earlier answer: Samuel Tekle won it.\nQuestion: How old is he?" in asked, "without markers"
    assert "Question: How old is Samuel Tekle?" in written
    assert "Earlier question" not in written


def test_what_the_model_gets_wrong_is_put_by_rule(pipeline):
    built, _ = pipeline("Who won the Tour of Dortel? Samuel Tekle.", AGE)
    assert built.answer("How old is he?", HISTORY).query == "How old is Samuel Tekle?"


def test_what_neither_can_put_is_read_with_the_turn_before(pipeline):
    built, chat = pipeline("It was close.", "Eight seconds.\nShort: eight seconds")
    assert built.answer("And by how much?", HISTORY).query.startswith("Who won the Tour of Dortel")
    assert "Earlier question: Who won the Tour of Dortel?" in chat.prompts[-1]


def test_the_first_quotation_does_not_wait_for_it(pipeline):
    built, chat = pipeline("How old is Samuel Tekle?", AGE)
    growing = built.stream("How old is he?", HISTORY)
    assert any(answer.provisional for answer in (next(growing), next(growing)))
    assert chat.prompts == []


def test_it_stops_while_the_question_is_put(pipeline):
    built, chat = pipeline("How old is Samuel Tekle?", AGE)
    growing = built.stream("How old is he?", HISTORY)
    for _ in range(3):
        next(growing)
    growing.close()
    assert chat.pieces == 1


def test_a_question_that_stands_for_itself_is_not_put_again(pipeline):
    built, chat = pipeline(AGE)
    assert built.answer("How old is Samuel Tekle?", HISTORY).short == "27"
    assert not any(COMPLETE in prompt for prompt in chat.prompts)


def test_without_a_model_the_rule_puts_it(pipeline_with, write_articles):
    answer = pipeline_with(None, write_articles(**ARTICLES)).answer("How old is he?", HISTORY)
    assert answer.query == "How old is Samuel Tekle?"


def test_of_a_long_answer_the_model_reads_the_beginning(pipeline):
    built, chat = pipeline("?", AGE)
    built.answer(
        "How old is he?",
        [Turn("Who won the Tour of Dortel?", "Samuel Tekle. " + "And so on. " * 200 + "The end.")],
    )
    assert "Earlier answer: Samuel Tekle. And so on." in chat.prompts[0]
    assert "The end." not in chat.prompts[0]


@pytest.mark.parametrize(
    ("question", "pronoun"),
    [
        ("And how old is he?", "he"),
        ("What happened to his co-driver?", "his"),
        ("Why did she leave Ostrel?", "she"),
        ("What did the mayor say when he resigned?", None),
        ("Who said that he would resign?", None),
        ("Before he resigned, what did Samuel Tekle win?", None),
        ("Taking away what he lost, what did Tekle win?", None),
        ("How long is it?", None),
    ],
)
def test_he_and_she_need_somebody(question, pronoun):
    assert unexplained_pronoun(question) == pronoun


def test_a_first_question_on_nobody_asks_for_the_name(pipeline):
    built, chat = pipeline()
    with pytest.raises(QuestionError, match="“he” could stand for: ask with the name"):
        built.answer("And how old is he?")
    assert chat.prompts == []


def test_it_can_be_left_out(pipeline):
    built, chat = pipeline(AGE)
    answer = without("completing", built).answer("How old is he?", HISTORY)
    assert answer.query.startswith("Who won the Tour of Dortel")
    assert not any(COMPLETE in prompt for prompt in chat.prompts)


def test_a_question_that_may_be_a_new_one_is_read_alone_where_the_turn_before_leads_to_nothing(pipeline):
    built, chat = pipeline(
        "It was close.", "The evidence does not say.", "The city put out flags.\nShort: the city"
    )
    shown = list(built.stream("Who put out flags?", HISTORY))
    assert shown[-1].short == "the city"
    assert "Question: Who put out flags of Dortel?" in chat.prompts[-2]
    assert "Question: Who put out flags?" in chat.prompts[-1]
    assert "Earlier question" not in chat.prompts[-1]
    assert [answer.stage for answer in shown].count(Stage.DONE) == 1, "what is taken back is not final"

"""Questions for two things, answered one by one."""

import pytest

from qa.compound import asked_one_by_one, with_referent
from qa.models import Stage
from tests.fakes import ScriptedChatModel

TWO = "What is the NATO spending target, and who leads the choir of Osterby?"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How much did Voxen earn in 2030, and what was its head Ana Ruiz paid?",
            ("How much did Voxen earn in 2030?", "What was its head Ana Ruiz paid?"),
        ),
        (
            "When did the strike begin and how long did it last?",
            ("When did the strike begin?", "How long did it last?"),
        ),
        (
            "How many people is Voxen laying off, and how many work for Ostrel?",
            ("How many people is Voxen laying off?", "How many work for Ostrel?"),
        ),
        (
            "How much aid are Norway and New Zealand each giving to Osterby?",
            ("How much aid is Norway giving to Osterby?", "How much aid is New Zealand giving to Osterby?"),
        ),
        ("How much aid are Norway and New Zealand giving together?", ()),
        ("Which man, who was elected in 2020 and who is now 70, did the court free?", ()),
        ("Which company, known for its phones and whose head is Ana Ruiz, was fined?", ()),
        ("Who said that the \"ships are late, and what is worse is that they are dear\"?", ()),
        ("What did Ana Ruiz say about trams and buses?", ()),
        ("Did the union accept the offer and return to work?", ()),
    ],
)  # fmt: skip
def test_a_question_for_two_things_is_taken_apart(question, parts):
    assert asked_one_by_one(question) == (parts or (question,))


def test_what_the_articles_give_is_said_and_what_they_do_not_is_named(pipeline_with):
    chat = ScriptedChatModel(replies=["The NATO spending target is 2% of GDP.\nShort: 2%"])
    growing = list(pipeline_with(chat).stream(TWO))
    answer = growing[-1]
    assert not answer.abstained
    assert answer.short == "2%"
    assert "2% of GDP [1]" in answer.text
    assert answer.text.endswith("The articles don't answer “Who leads the choir of Osterby?”.")
    assert [step.stage for step in growing].count(Stage.DONE) == 1


def test_both_answers_count_their_citations_on(pipeline_with, write_articles):
    folder = write_articles(
        a_md="---\ntitle: Tram\n---\nThe tram line will cost 40 million euros. It will open in June 2031.\n",
        b_md="---\ntitle: Mayor\n---\nAna Ruiz became mayor of Osterby in 2027, after a long count.\n",
    )
    chat = ScriptedChatModel(
        replies=[
            "The tram line will cost 40 million euros.\nShort: 40 million euros",
            "Ana Ruiz became mayor of Osterby in 2027.\nShort: 2027",
        ]
    )
    asked = "What will the tram line cost, and when did Ana Ruiz become mayor of Osterby?"
    answer = pipeline_with(chat, folder).answer(asked)
    assert answer.short == "40 million euros; 2027"
    assert "40 million euros [1]" in answer.text
    assert "in 2027 [2]" in answer.text
    assert [c.number for c in answer.citations] == [1, 2]
    assert [c.passage.article.title for c in answer.citations] == ["Tram", "Mayor"]


def test_a_question_whose_parts_the_articles_do_not_answer_is_declined(pipeline_with):
    chat = ScriptedChatModel(replies=["When was the choir of Osterby founded in Valparaiso?"])
    answer = pipeline_with(chat).answer("Who leads the choir of Osterby, and when was it founded in Valparaiso?")
    assert answer.abstained
    assert answer.citations == ()


@pytest.mark.parametrize(
    ("question", "before", "answer", "expected"),
    [
        ("How long has he signed for?", "What did Ostrel pay for Marek Holm?", None,
         "How long has Marek Holm signed for?"),
        ("Where did she study?", "Who leads Ostrel?", "Mira Holm", "Where did Mira Holm study?"),
        ("What is her salary?", "Who leads Ostrel?", "Mira Holm", "What is Mira Holm's salary?"),
        ("Who chose her?", "Who leads Ostrel?", "Mira Holm", "Who chose Mira Holm?"),
        ("Where did she study?", "Who leads Ostrel?", None, None),
        ("Where did she study?", "Who leads Ostrel?", "a former teacher", "Where did she study?"),
        ("When was it founded?", "Who leads Ostrel?", None, "When was it founded?"),
    ],
)  # fmt: skip
def test_he_or_she_of_the_second_question_gets_its_name(question, before, answer, expected):
    assert with_referent(question, before, answer) == expected


def test_what_leans_on_an_answer_that_is_lacking_is_declined_with_it(pipeline_with, write_articles):
    folder = write_articles(a_md="---\ntitle: Trams\n---\nAna Ruiz studied at the college of Brask in 2019.\n")
    none = "The evidence does not say who leads the choir."
    answer = pipeline_with(ScriptedChatModel(replies=[none]), folder).answer(
        "Who leads the choir of Osterby, and at which college did she study?"
    )
    assert answer.abstained


def test_a_second_question_is_put_without_the_first(pipeline_with, write_articles):
    folder = write_articles(
        a_md="---\ntitle: Tram\n---\nThe tram line will cost 40 million euros. It opens in June 2031.\n",
        b_md="---\ntitle: Bridge\n---\nThe bridge will open in May 2032, the council said.\n",
    )
    chat = ScriptedChatModel(
        replies=[
            "The tram line will cost 40 million euros.\nShort: 40 million euros",
            "When will the tram line open?",
            "It opens in June 2031.\nShort: June 2031",
        ]
    )
    growing = list(pipeline_with(chat, folder).stream("What will the tram line cost, and when will it open?"))
    assert growing[-1].short == "40 million euros; June 2031"
    assert [step.stage for step in growing].count(Stage.DONE) == 1
    assert not any("don't" in step.text for step in growing)


def test_a_second_question_that_cannot_be_put_without_an_unanswered_first_is_declined(
    pipeline_with, write_articles
):
    folder = write_articles(a_md="---\ntitle: Vote\n---\nSome 2,140 ballots were cast in Osterby on Sunday.\n")
    none = "The evidence does not say."
    chat = ScriptedChatModel(replies=[none, "2,140 ballots were cast.\nShort: 2,140"])
    asked = "What share of the dockers accepted the deal, and how many ballots were cast?"
    assert pipeline_with(chat, folder).answer(asked).abstained

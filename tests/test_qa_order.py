"""Which of two events came first: each day is asked for by itself, and the days are compared by code."""

from datetime import date

import pytest

from qa.gate import WITHOUT_PROBE, Gate
from qa.order import Period, order_of, put_in_order, told_on
from tests.fakes import ScriptedChatModel, Verifying
from tests.test_qa_citing import pieces
from tests.test_qa_deciding import story
from tests.test_qa_second_look import weights


@pytest.mark.parametrize(
    ("question", "asked", "names"),
    [
        (
            "Which came first, the vote on the weir or the strike at Brask?",
            ("When was the vote on the weir?", "When was the strike at Brask?"),
            ("The vote on the weir", "The strike at Brask"),
        ),
        (
            "Which company reported its results last in 2031: Ostrel or Voxen?",
            (
                "When was it that Ostrel reported its results in 2031?",
                "When was it that Voxen reported its results in 2031?",
            ),
            ("Ostrel", "Voxen"),
        ),
        (
            "Had the weir already been finished when the dockers stopped work?",
            ("When had the weir been finished?", "When was it that the dockers stopped work?"),
            (),
        ),
        (
            "Did Norway ratify the treaty earlier than Sweden?",
            ("When did Norway ratify the treaty?", "When did Sweden ratify the treaty?"),
            (),
        ),
        (
            "Was the bridge opened before the election?",
            ("When was the bridge opened?", "When was the election?"),
            (),
        ),
        ("Was the bridge opened after March 2030?", ("When was the bridge opened?",), ()),
    ],
)
def test_a_question_for_an_order_asks_for_two_days(question, asked, names):
    order = order_of(question)
    assert (order.asked, order.names) == (asked, names)


@pytest.mark.parametrize(
    "question",
    [
        "When was the bridge opened?",
        "Were the dockers still on strike when the dues were announced?",
        "Is the limit lower than before?",
        "What did the mayor say first?",
        "What happened after the vote?",
        "Was the mayor at home when the bridge fell?",
    ],
)
def test_other_questions_ask_for_no_order(question):
    assert order_of(question) is None


def period(*first_and_last):
    first, last = (date.fromisoformat(day) for day in first_and_last)
    return Period(first, last)


@pytest.mark.parametrize(
    ("question", "days", "text"),
    [
        ("Which came first, the vote or the strike?", ("2031-03-02", "2031-06-24"), "The vote"),
        ("Which came last, the vote or the strike?", ("2031-03-02", "2031-06-24"), "The strike"),
        ("Was the vote before the strike?", ("2031-03-02", "2031-06-24"), "Yes"),
        ("Was the vote after the strike?", ("2031-03-02", "2031-06-24"), "No"),
        ("Was the vote later than the strike?", ("2031-07-02", "2031-06-24"), "Yes"),
    ],
)
def test_the_days_decide(question, days, text):
    found = [period(day, day) for day in days]
    assert put_in_order(order_of(question), found).text == text


def test_days_that_may_be_the_same_decide_nothing():
    order = order_of("Which came first, the vote or the strike?")
    assert put_in_order(order, [period("2031-06-01", "2031-06-30"), period("2031-06-24", "2031-06-24")]) is None
    assert put_in_order(order, [period("2031-06-24", "2031-06-24"), None]) is None


def test_a_month_of_the_question_is_a_day_of_its_own():
    order = order_of("Was the bridge opened before March 2030?")
    assert put_in_order(order, [period("2030-02-28", "2030-02-28")]).text == "Yes"
    assert put_in_order(order, [period("2030-03-01", "2030-03-01")]) is None


ARTICLES = {
    "a_md": story("Council backs the weir", "Quay Post", "2031-03-05",
                  "The council of Tarn voted for the weir on Sunday, by nine to four."),
    "b_md": story("Dockers walk out", "Tide News", "2031-06-26",
                  "The dockers of Brask began their strike on 24 June over pay."),
}  # fmt: skip
WEIR = "The council of Tarn voted for the weir on Sunday (2 March 2031).\nShort: Sunday (2 March 2031)"
STRIKE = "The dockers of Brask began their strike on 24 June.\nShort: 24 June"
QUESTION = "Which came first, the strike of the dockers of Brask or the vote of the council of Tarn for the weir?"


@pytest.fixture
def ask(ask_about):
    return lambda question, *replies: ask_about(ARTICLES, question, *replies)[0]


def test_the_earlier_event_is_named_with_both_days_and_both_reports(ask):
    answer = ask(QUESTION, STRIKE, WEIR)
    assert answer.short == "The vote of the council of Tarn for the weir"
    assert "(2 March 2031, before 24 June 2031)" in answer.text
    assert {c.passage.article.source for c in answer.citations} == {"Quay Post", "Tide News"}


def test_a_day_that_the_articles_do_not_give_leaves_the_order_open(ask):
    answer = ask(
        QUESTION, STRIKE, "The evidence does not say when the council voted.", "The evidence does not say."
    )
    assert answer.abstained


@pytest.mark.parametrize(
    ("said", "year"),
    [
        ("would begin their strike on 24 September", 2031),
        ("are due to begin their strike on 24 September", 2031),
        ("began their strike on 24 September", 2030),
        ("ended their strike on 24 September, as expected,", 2030),
        ("would end on 5 February their strike", 2031),
    ],
)
def test_a_day_without_a_year_is_the_next_one_where_the_article_speaks_of_what_is_to_come(ask_about, said, year):
    article = story("Dockers to walk out", "Tide News", "2031-02-26", f"The dockers of Brask {said} over pay.")
    day = "5 February" if "5 February" in said else "24 September"
    strike = f"The strike of the dockers of Brask was on {day}.\nShort: {day}"
    answer, _ = ask_about({**ARTICLES, "b_md": article}, QUESTION, strike, WEIR)
    assert f"{day} {year}" in answer.text


def test_a_question_beside_it_is_answered_too_and_counts_on_with_its_citations(ask):
    answer = ask(f"{QUESTION.rstrip('?')}, and what do the dockers want?", STRIKE, WEIR, "They want more pay.")
    assert answer.short.startswith("The vote of the council of Tarn for the weir")
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_sentence_that_gives_both_days_is_cited_once(ask_about):
    both = "The alert was lowered on 19 July, and the airport of Talagan reopened on 2 August."
    replies = [
        "The airport of Talagan reopened on 2 August.\nShort: 2 August",
        "The alert was lowered on 19 July.\nShort: 19 July",
    ]
    articles = {"a_md": story("Talagan", "Quay Post", "2031-08-25", both)}
    answer, _ = ask_about(articles, "Did the airport of Talagan reopen before the alert was lowered?", *replies)
    assert answer.short == "No"
    assert len(answer.citations) == 1


@pytest.mark.parametrize(
    ("said", "day"),
    [  # published on Tuesday, 6 May 2031
        (
            "BRASK, May 5 — The council approved the sale on Monday, after the ministry agreed on 2 March.",
            "5 May 2031",
        ),
        ("BRASK, 5 May (QP) - The yard, open since 1951, ended its strike on 24 April.", "24 April 2031"),
        ("The plant now has 20 workers, where ground was broken on 14 April.", "14 April 2031"),
        ("The fair opened in March.", "March 2031"),
        ("The fair was open on 2 April and on 9 April.", None),
        ("The fair would open on 9 June, the council said.", None),
        ("BRASK, May 5 — The council approved the sale.", None),
    ],
)
def test_the_day_of_what_a_sentence_tells_first(said, day):
    (item,) = pieces(1, [said])
    on = told_on(item)
    assert (str(on) if on else None) == day


@pytest.mark.parametrize(("limit", "short"), [(2.0, "The vote of the council of Tarn for the weir"), (3.0, "")])
def test_a_day_that_the_model_does_not_write_is_that_of_the_sentence_that_tells_of_it(
    pipeline_with, write_articles, limit, short
):
    chat = ScriptedChatModel(replies=["The evidence does not say."] * 4, yes=0.9)  # log-odds of 2.2
    built = pipeline_with(chat, write_articles(**ARTICLES))
    built.writer.llm = Verifying(chat, "scripted")
    gate = {**weights([0, 0, 0, 0], 0.4), "verifier": {"doubted": 0.0, "vouched": 1.0, "dated": limit}}
    built.writer.gate = Gate({"scripted": gate, WITHOUT_PROBE: gate}, "scripted")
    answer = built.answer(QUESTION)
    assert answer.short == short
    assert answer.abstained is not bool(short)
    if short:
        assert "(2 March 2031, before 24 June 2031)" in answer.text
        assert [c.passage.article.source for c in answer.citations] == ["Tide News", "Quay Post"]

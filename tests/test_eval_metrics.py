from dataclasses import replace
from decimal import Decimal

import pytest

from eval.cases import Fact, GoldCase
from eval.metrics import (
    RIGHT_VERDICTS,
    Verdict,
    balanced_yes_no,
    citation_precision,
    citation_recall,
    exact_match,
    judge,
    normalise,
    token_f1,
)
from qa.models import Answer, Support, SupportStatus
from tests.conftest import SEED_ID


def case(*answers: str, answerable: bool = True, **more) -> GoldCase:
    return GoldCase("c", "Q?", answers[0] if answers else "", answers, answerable, "fact", (), **more)


def said(text: str, short: str = "", *, abstained: bool = False) -> Answer:
    return Answer("Q?", "Q?", text=text, short=short, abstained=abstained)


def right(gold: GoldCase, answer: Answer) -> bool:
    return judge(gold, answer).verdict in RIGHT_VERDICTS


def decided(word: str, quote: str) -> Answer:
    """Give an answer that code decided, with the words that it rests on."""
    support = (Support(word, SupportStatus.SUPPORTED, (1,), "worked out from two figures or days"),)
    return replace(said(f"{word}: “{quote}” [1]", word), support=support)


def test_what_code_decided_is_judged_by_the_decision_and_not_by_the_words_that_it_rests_on():
    assert right(case("Brask"), decided("Brask", "Brask opened its yard before Voxen did."))
    assert not right(case("Voxen"), decided("Brask", "Brask opened its yard before Voxen did."))
    assert not right(case("40 crowns"), decided("30 crowns", "It was 40 crowns, and is 10 crowns."))


def test_normalisation_is_squads():
    assert normalise("The U.K.'s  “Defence” Secretary!") == "uk defence secretary"


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("2%", "The target is 2 percent of GDP [1]."),
        ("$126 billion", "It amassed over $126bn [1]."),
        ("2% of GDP", "The target is 2% of its GDP."),
        ("John Healey", "It was John Healey [2]."),
        ("Yes", "Yes, it was the first."),
        ("No", "No, it did not."),
        ("2%", "The target is not 5% but 2% of GDP."),
        ("1,200", "About 1200 people came."),
    ],
)
def test_right_answers(gold, text):
    assert right(case(gold), said(text))


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("2%", "The target is 5% of GDP."),
        ("2%", "The target is 12% of GDP."),
        ("$126 billion", "It amassed $126 million."),
        ("John Healey", "It was John Smith."),
        ("No", "Yes, there is no doubt."),
        ("UK", "They went to Ukraine."),
        ("2%", "The target is not 2%."),
        ("2%", "The target is not 2% of GDP."),
        ("Paris", "It is not Paris."),
    ],
)
def test_wrong_answers(gold, text):
    assert not right(case(gold), said(text))


def test_the_bare_answer_decides_between_two_figures():
    text = "It rose from 2% to 5% [1]."
    assert right(case("2%"), said(text, "2%"))
    judgement = judge(case("2%"), said(text, "5%"))
    assert judgement.verdict is Verdict.WRONG
    assert "another figure" in judgement.why


def test_abstention_is_right_only_where_the_articles_do_not_say():
    declined = said("The articles don't say.", abstained=True)
    assert right(case(answerable=False), declined)
    assert not right(case("2%"), declined)
    assert right(case("2%", abstention_accepted=True), declined)
    assert not right(case(answerable=False), said("It is 2%."))


def test_a_case_without_a_gold_answer_is_not_judged():
    assert judge(case(), said("It is 2%.")).verdict is Verdict.UNJUDGED


def test_exact_match_and_f1_by_hand():
    assert exact_match(["2% of GDP", "2%"], "2%.") == 1.0
    assert exact_match(["2% of GDP"], "2%") == 0.0
    assert token_f1(["the John Healey"], "John Healey") == 1.0
    assert token_f1(["new spending benchmarks"], "spending benchmarks now") == pytest.approx(2 / 3)
    assert token_f1(["x"], "") == 0.0


def test_f1_and_exact_match_agree_with_squads_own_script():
    # Values of the official evaluate-v2.0.py for these pairs.
    pairs = [
        ("Denver Broncos", "The Denver Broncos won", 1, 0.8),
        ("in the 10th century", "10th century", 0, 0.8),
        ("Paris", "London", 0, 0.0),
        ("the Normans", "Normans!", 1, 1.0),
    ]
    for gold, given, _, f1 in pairs:
        assert token_f1([gold], given) == pytest.approx(f1)
    assert exact_match(["the Normans"], "Normans!") == 1.0


def test_balanced_yes_no_gives_nothing_for_always_yes():
    assert balanced_yes_no([("Yes", True), ("Yes", True), ("Yes", True), ("no", False)]) == 0.5
    assert balanced_yes_no([("Yes", True), ("No.", True)]) == 1.0


def test_a_long_quotation_with_the_gold_is_scored_apart():
    long = "Nations below the 2% target find themselves under scrutiny " + "and so on " * 20
    quoted = replace(said(f"“{long}” [1]"), support=(Support(long, SupportStatus.QUOTED, (1,), ""),))
    short = replace(said("“It is 2%.” [1]"), support=(Support("It is 2%.", SupportStatus.QUOTED, (1,), ""),))
    assert judge(case("2%"), quoted).verdict is Verdict.RIGHT_BY_QUOTATION
    assert judge(case(long.strip()), quoted).verdict is Verdict.RIGHT  # the gold answer is itself that long
    assert judge(case("2%"), short).verdict is Verdict.RIGHT
    assert judge(case("2%"), said("It is 2%.")).verdict is Verdict.RIGHT
    assert judge(case(answerable=False), said("It is 2%.")).verdict is Verdict.INVENTED


def test_citations_against_the_proving_sentence(pipeline_with):
    answer = pipeline_with().answer("What is the NATO spending target?")
    proof = "nations sitting below the 2% target find themselves under scrutiny"
    found, other, copied = Fact(SEED_ID, proof), Fact("x", "y"), Fact("the-original", proof)
    assert citation_precision([found], answer.citations) == 1.0
    assert citation_recall([found, other], answer.citations) == 0.5
    assert citation_precision([other], answer.citations) == 0.0
    # A copy with the same sentence proves as well; with a word that stands anywhere it does not.
    assert citation_recall([copied], answer.citations) == 1.0
    assert citation_recall([Fact("the-original", "target")], answer.citations) == 0.0


def test_figures_compare_as_figures():
    from qa.claims import numbers

    assert [n.value for n in numbers("2.50 and 2.5")] == [Decimal("2.5"), Decimal("2.5")]

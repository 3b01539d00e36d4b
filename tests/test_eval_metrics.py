from dataclasses import replace
from decimal import Decimal

import pytest

from eval.cases import Fact, GoldCase, load_cases
from eval.metrics import (
    Verdict,
    answer_correct,
    balanced_yes_no,
    bootstrap_interval,
    citation_precision,
    citation_recall,
    exact_match,
    hit_at_k,
    normalise,
    percentile,
    token_f1,
    verdict_of,
)
from eval.report import make_report, render_report
from eval.runner import run_cases
from eval.runs import SEED_GOLD
from qa.errors import InputError
from qa.models import Answer, Support, SupportStatus
from tests.conftest import SEED_ID, SEEDS
from tests.fakes import BrokenChatModel


def case(*answers: str, answerable: bool = True, **more) -> GoldCase:
    return GoldCase("c", "Q?", answers[0] if answers else "", answers, answerable, "fact", (), **more)


def said(text: str, short: str = "", *, abstained: bool = False) -> Answer:
    return Answer("Q?", "Q?", text=text, short=short, abstained=abstained)


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
    ],
)
def test_right_answers(gold, text):
    assert answer_correct(case(gold), said(text))


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
        ("Paris", "It is not Paris."),
    ],
)
def test_wrong_answers(gold, text):
    assert not answer_correct(case(gold), said(text))


def test_abstention_is_right_only_where_the_articles_do_not_say():
    declined = said("The articles don't say.", abstained=True)
    assert answer_correct(case(answerable=False), declined)
    assert not answer_correct(case("2%"), declined)
    assert answer_correct(case("2%", abstention_accepted=True), declined)
    assert not answer_correct(case(answerable=False), said("It is 2%."))


def test_exact_match_and_f1_by_hand():
    assert exact_match(["2% of GDP", "2%"], "2%.") == 1.0
    assert exact_match(["2% of GDP"], "2%") == 0.0
    assert token_f1(["the John Healey"], "John Healey") == 1.0
    assert token_f1(["new spending benchmarks"], "spending benchmarks now") == pytest.approx(2 / 3)
    assert token_f1(["x"], "") == 0.0


def test_balanced_yes_no_gives_nothing_for_always_yes():
    assert balanced_yes_no([("Yes", True), ("Yes", True), ("Yes", True), ("no", False)]) == 0.5
    assert balanced_yes_no([("Yes", True), ("No.", True)]) == 1.0


def test_bootstrap_intervals_hold_the_mean_and_narrow_with_n():
    few, many = bootstrap_interval([0, 1] * 5), bootstrap_interval([0, 1] * 500)
    assert few[0] < 0.5 < few[1]
    assert many[1] - many[0] < 0.1 < few[1] - few[0]
    assert bootstrap_interval([1.0] * 7) == (1.0, 1.0)


def test_a_quotation_with_the_gold_is_scored_apart():
    quoted = replace(
        said("“Nations below the 2% target.” [1]"),
        support=(Support("Nations below the 2% target.", SupportStatus.QUOTED, (1,), ""),),
    )
    assert verdict_of(case("2%"), quoted) is Verdict.RIGHT_BY_QUOTATION
    assert verdict_of(case("2%"), said("It is 2%.")) is Verdict.RIGHT
    assert verdict_of(case(answerable=False), said("It is 2%.")) is Verdict.INVENTED


def test_percentiles_interpolate():
    assert percentile([1, 2, 3, 4], 50) == 2.5
    assert percentile([], 95) == 0.0
    assert percentile([7], 95) == 7


def test_retrieval_and_citations_against_the_proving_sentence(pipeline_with):
    answer = pipeline_with().answer("What is the NATO spending target?")
    right, wrong = (
        Fact(SEED_ID, "nations sitting below the 2% target find themselves under scrutiny"),
        Fact("x", "y"),
    )
    assert hit_at_k([right], answer.passages, 1)
    assert not hit_at_k([wrong], answer.passages, 10)
    assert citation_precision([right], answer.citations) == 1.0
    assert citation_recall([right, wrong], answer.citations) == 0.5
    assert citation_precision([wrong], answer.citations) == 0.0


def test_a_crash_is_a_failure_counted_as_wrong_and_listed(pipeline_with):
    cases = [c for c in load_cases(SEED_GOLD) if c.id in ("seed-001", "seed-002")]
    results, failures = run_cases(cases, pipeline_with(BrokenChatModel(replies=[])))
    report = make_report(results, failures)
    assert [f.case.id for f in failures] == ["seed-001", "seed-002"]
    assert report.measures["accuracy"].value == 0.0
    assert report.measures["accuracy"].n == 2
    assert "server went away" in render_report(report)


def test_the_gold_set_of_the_seed_is_sound():
    cases = load_cases(SEED_GOLD)
    text = "".join(path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt"))
    assert len(cases) >= 40
    assert sum(not c.answerable for c in cases) >= 10
    assert sum(bool(c.history) for c in cases) >= 5
    assert all(fact.article_id == SEED_ID and fact.text in text for c in cases for fact in c.facts)
    assert all(bool(c.facts) == c.answerable for c in cases)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "no gold case"),
        ("{]", "line 1"),
        ('{"id": "a", "question": "Q?", "answer": "", "answerable": true}', "line 1"),
        ('{"id": "a", "question": "Q?", "answer": "x", "answerable": true}\n' * 2, "twice"),
    ],
)
def test_a_bad_gold_set_is_a_named_error(tmp_path, content, word):
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        load_cases(path)


def test_figures_compare_as_figures():
    from qa.claims import numbers

    assert [n.value for n in numbers("2.50 and 2.5")] == [Decimal("2.5"), Decimal("2.5")]

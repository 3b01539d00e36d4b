"""The measures of abstention at other limits than the product's own."""

import pytest

from eval.report import RECALL_AT, measures_of, report_of_set
from tests.test_eval_compare import record


def records(*asked):
    """Make records of (answerable, declined, confidence)."""
    made = []
    for i, (answerable, declined, confidence) in enumerate(asked):
        one = record(f"c{i}", right=answerable is not declined)
        one.gold["answerable"] = answerable
        one.answer.update(abstained=declined, confidence=confidence)
        made.append(one)
    return made


TEN = [(True, False, 0.9)] * 7 + [(True, True, 0.4), (True, True, 0.3), (True, True, 0.0)]
FIVE = [(False, True, 0.0), (False, True, 0.2), (False, True, 0.2), (False, True, 0.3), (False, False, 0.9)]


def test_the_curve_goes_beyond_what_was_given():
    curve = report_of_set("seeds", records(*TEN, *FIVE)).abstention_curve
    assert curve[0] == (0.0, 0.0)
    assert (0.1, 0.2) in curve, "only what nothing stood for is declined"
    assert (pytest.approx(0.2), 0.8) in curve
    assert curve[-1] == (1.0, 1.0)


def test_recall_is_compared_at_the_same_false_abstention():
    measures = measures_of(records(*TEN, *FIVE))
    assert measures["abstention recall"].value == 0.8
    assert measures["false abstention"].value == pytest.approx(0.3)
    assert measures[RECALL_AT].value == pytest.approx(0.7), "half way from 0.6 at 10% to 0.8 at 20%"


def test_a_system_that_gives_no_confidence_has_the_one_point_of_its_answers():
    asked = [(True, False, None), (True, True, None), (False, True, None), (False, False, None)]
    assert report_of_set("seeds", records(*asked)).abstention_curve == [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]


def test_without_questions_of_both_kinds_there_is_no_curve():
    report = report_of_set("seeds", records(*TEN))
    assert report.abstention_curve == []
    assert RECALL_AT not in report.measures

import math
import random

import pytest

from eval.stats import area_under, coverage_accuracy, mcnemar, mean_of, measure_of, paired_difference, percentile


def test_bootstrap_intervals_hold_the_mean_and_narrow_with_n():
    few, many = mean_of([0, 1] * 5), mean_of([0, 1] * 500)
    assert few.low < 0.5 < few.high
    assert many.high - many.low < 0.1 < few.high - few.low
    assert (mean_of([1.0] * 7).low, mean_of([1.0] * 7).high) == (1.0, 1.0)
    assert mean_of([]).n == 0


def test_the_bootstrap_agrees_with_scipys():
    from scipy.stats import bootstrap

    values = [random.Random(5).random() for _ in range(60)]
    theirs = bootstrap((values,), lambda v, axis: v.mean(axis=axis), method="percentile", n_resamples=5000)
    ours = mean_of(values)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.01)


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    generator = random.Random(3)
    covered = 0
    for _ in range(200):
        measure = mean_of([generator.random() < 0.7 for _ in range(80)])
        covered += measure.low <= 0.7 <= measure.high
    assert 0.88 <= covered / 200 <= 0.99


def test_any_statistic_gets_an_interval_and_undefined_ones_get_none():
    median = measure_of([1.0, 2.0, 3.0, 4.0, 5.0], lambda rows: sorted(rows)[len(rows) // 2])
    assert median.low <= median.value == 3.0 <= median.high
    assert measure_of([1], lambda _: math.nan).n == 0


def test_percentiles_interpolate():
    assert percentile([1, 2, 3, 4], 50) == 2.5
    assert percentile([], 95) == 0.0
    assert percentile([7], 95) == 7


def test_mcnemar_by_hand():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 6) == pytest.approx(2 / 64)  # six coins fall the same way, on either side
    assert mcnemar(1, 9) == pytest.approx(22 / 1024)


def test_a_paired_difference_is_of_the_same_cases():
    difference = paired_difference([0.2, 0.4], [0.4, 0.6])
    assert difference.value == pytest.approx(0.2)
    assert difference.low == pytest.approx(0.2)


def test_the_coverage_accuracy_curve_by_hand():
    # The two surest answers are right, the third is wrong; one of four questions was declined.
    points = coverage_accuracy([(0.9, True), (0.5, False), (0.8, True)], n=4)
    assert points == [(0.25, 1.0), (0.5, 1.0), (0.75, pytest.approx(2 / 3))]
    assert area_under(points) == pytest.approx((1 + 1 + 2 / 3) / 3)
    # Ties are one point: their order means nothing.
    assert coverage_accuracy([(0.5, True), (0.5, False)], n=2) == [(1.0, 0.5)]
    assert math.isnan(area_under([]))

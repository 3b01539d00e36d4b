"""Means with their uncertainty, percentiles, paired tests. Pure functions on numbers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

SEED = 13  # of every resampling, so that a report can be repeated to the digit
_RESAMPLES = 2000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over n cases with its 95% interval; n is 0 where none applies, and the value means nothing."""

    value: float
    n: int
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] (n={self.n})" if self.n else "- (n=0)"


NOTHING = Measure(0.0, 0, 0.0, 0.0)


def mean_of(values: Sequence[float | bool]) -> Measure:
    """Give a mean with its 95% percentile bootstrap interval (Efron, 1979)."""
    numbers = np.asarray(values, dtype=float)
    if not len(numbers):
        return NOTHING
    samples = np.random.default_rng(SEED).choice(numbers, size=(_RESAMPLES, len(numbers)))
    low, high = np.percentile(samples.mean(axis=1), [2.5, 97.5])
    return Measure(float(numbers.mean()), len(numbers), float(low), float(high))


def measure_of(rows: Sequence[T], statistic: Callable[[Sequence[T]], float], n: int | None = None) -> Measure:
    """Give any statistic of cases with its 95% percentile bootstrap interval, resampling the cases.

    Args:
        rows: the cases.
        statistic: gives NaN where it is not defined; such resamples are left out.
        n: the number of cases that it rests on; None: all.
    """
    value = statistic(rows) if rows else math.nan
    if math.isnan(value):
        return NOTHING
    generator = np.random.default_rng(SEED)
    samples = []
    for _ in range(_RESAMPLES // 4):  # a plain loop over Python rows: fewer, so that a report stays quick
        sample = statistic([rows[i] for i in generator.integers(0, len(rows), len(rows))])
        if not math.isnan(sample):
            samples.append(sample)
    low, high = np.percentile(samples, [2.5, 97.5]) if samples else (value, value)
    return Measure(value, len(rows) if n is None else n, float(low), float(high))


def percentile(values: Sequence[float], q: float) -> float:
    """Give the q-th percentile (0 to 100), interpolated linearly; 0.0 of nothing."""
    return float(np.percentile(values, q)) if len(values) else 0.0


def mcnemar(first_only: int, second_only: int) -> float:
    """Give the two-sided p value of McNemar's exact test (McNemar, 1947).

    Args:
        first_only: cases that only the first run got right.
        second_only: cases that only the second run got right.

    Returns:
        The probability of so uneven a split if the runs were equally good; 1.0 where they do not differ.
    """
    from scipy.stats import binomtest

    differing = first_only + second_only
    return float(binomtest(first_only, differing).pvalue) if differing else 1.0


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Measure:
    """Give the mean of second - first over the same cases with its 95% paired bootstrap interval."""
    return mean_of([b - a for a, b in zip(first, second, strict=True)])


def coverage_accuracy(confident: Sequence[tuple[float, bool]], n: int) -> list[tuple[float, float]]:
    """Give the coverage-accuracy curve: were only the most confident answers given, how many would be right.

    The risk-coverage curve of selective classification (El-Yaniv and Wiener, JMLR 2010), as accuracy.

    Args:
        confident: confidence and rightness of each answer that was given, abstentions left out.
        n: the number of all questions.

    Returns:
        (coverage, accuracy) points, both 0 to 1, one for each confidence that occurs.
    """
    ordered = sorted(confident, key=lambda pair: -pair[0])
    points: list[tuple[float, float]] = []
    right = 0
    for number, (confidence, is_right) in enumerate(ordered, start=1):
        right += is_right
        last_of_ties = number == len(ordered) or ordered[number][0] != confidence
        if last_of_ties:
            points.append((number / n, right / number))
    return points


def area_under(points: Sequence[tuple[float, float]]) -> float:
    """Give the mean accuracy over the coverage that a curve spans, 0 to 1; NaN of no points.

    It is 1 minus the area under the risk-coverage curve (Geifman and El-Yaniv, NeurIPS 2017), by steps.
    """
    area, before = 0.0, 0.0
    for coverage, accuracy in points:
        area += (coverage - before) * accuracy
        before = coverage
    return area / before if before else math.nan

"""Regression bars: numbers that a run must reach, in a TOML file.

[[bar]]
set = "seeds"
measure = "accuracy"
at_least = 0.80        # or at_most
kind = "number"        # optional: of one kind of case alone
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.records import CaseRecord, Run
from eval.report import SetReport, is_right
from qa.errors import InputError

_SHOWN_CASES = 12
_LATENCIES = frozenset({"first token p50", "first token p95", "total p50", "total p95"})


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit for a measure of a set, or of one kind of its cases."""

    set: str
    measure: str
    kind: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        where = f"{self.set}, {self.kind}" if self.kind else self.set
        limit = f"at least {self.at_least}" if self.at_least is not None else f"at most {self.at_most}"
        return f"{where}: {self.measure} {limit}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A bar that a run does not reach, the number it has, and the cases that cost it."""

    bar: Bar
    value: float | None
    n: int
    cases: tuple[str, ...]

    def __str__(self) -> str:
        if self.value is None:
            return f"bar broken: {self.bar}: the run has no such number"
        shown = ", ".join(self.cases[:_SHOWN_CASES]) + (" and more" if len(self.cases) > _SHOWN_CASES else "")
        return f"bar broken: {self.bar}, is {self.value:.3f} (n={self.n}); cases: {shown or 'none alone'}"


def load_bars(path: Path) -> list[Bar]:
    """Read bars.

    Raises:
        InputError: the file is no such TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise InputError(f"cannot read the bars {path}: {exc}") from exc
    rows = content.get("bar")
    if not isinstance(rows, list) or not rows or content.keys() != {"bar"}:
        raise InputError(f"{path} must hold [[bar]] entries and nothing else (docs/gold.md)")
    return [_bar(path, number, row) for number, row in enumerate(rows, start=1)]


def broken_bars(bars: Sequence[Bar], run: Run, reports: Sequence[SetReport]) -> list[Broken]:
    """Give the bars that a run does not reach. Bars of sets that were not asked are left out.

    Raises:
        InputError: no bar is of a set that was asked: nothing would be checked.
    """
    asked = [bar for bar in bars if bar.set in run.sets]
    if not asked:
        raise InputError(f"no bar is for {', '.join(run.sets)}: nothing would be checked")
    by_name = {report.name: report for report in reports}
    return [broken for bar in asked if (broken := _check(bar, by_name[bar.set], run.of_set(bar.set)))]


def _check(bar: Bar, report: SetReport, records: Sequence[CaseRecord]) -> Broken | None:
    if bar.measure in _LATENCIES:
        value: float | None = report.seconds.get(bar.measure)
        n = report.n
    else:
        measures = report.by_kind.get(bar.kind, {}) if bar.kind else report.measures
        measure = measures.get(bar.measure)
        value, n = (measure.value, measure.n) if measure else (None, 0)
    low_enough = value is not None and (bar.at_most is None or value <= bar.at_most)
    if value is not None and low_enough and (bar.at_least is None or value >= bar.at_least):
        return None
    concerned = [r for r in records if not bar.kind or r.kind == bar.kind]
    return Broken(bar, value, n, tuple(r.id for r in concerned if _costs(r, bar.measure)))


def _costs(record: CaseRecord, measure: str) -> bool:
    """Tell whether a case pulls a measure down; for measures of several cases: whether it was not right."""
    return record.scores[measure] < 1.0 if measure in record.scores else not is_right(record)


def _bar(path: Path, number: int, row: dict[str, Any]) -> Bar:
    limits = [row.get("at_least"), row.get("at_most")]
    known = {"set", "measure", "kind", "at_least", "at_most"}
    sound = (
        row.keys() <= known
        and all(isinstance(row.get(name), str) and row[name] for name in ("set", "measure"))
        and isinstance(row.get("kind", ""), str)
        and sum(isinstance(limit, int | float) for limit in limits) == 1
    )
    if not sound:
        raise InputError(
            f"{path}, bar {number}: give set, measure, and one of at_least and at_most (docs/gold.md)"
        )
    return Bar(**row)

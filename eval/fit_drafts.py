"""Fit what tells a right draft from a wrong one, of those that stand in their evidence.

A logistic regression on the features of `qa.gate.DraftFeatures`, fitted on the dev splits; what is more likely
wrong than right is not given, unless a model that verifies says more (`qa.gate.Gate.believes`). Without a reader
the language model's own hesitation counts, where the gate is in doubt: at the limit below which at most
`RIGHT_LOST` of the right dev drafts fall.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from eval.cases import GoldCase
from eval.datasets import sample_splits
from eval.logistic import fit_logistic
from eval.metrics import RIGHT_VERDICTS, judge
from qa.finding import Reading
from qa.gate import WITHOUT_PROBE, DraftFeatures, Gate, GateDecision, log_odds
from qa.models import Answer
from qa.pipeline import Pipeline
from qa.weights import Progress
from qa.writing import Attempt

RIGHT_LOST = 0.05
MORE_LIKELY_RIGHT = 0.5
_FEATURES = tuple(field.name for field in fields(DraftFeatures) if field.name != "answered")
_AGAINST = {"quoted", "read_again"}  # the others may only speak for a draft


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft that stands in its evidence: whether it is right, what the gate saw, and what the reader sees."""

    data_set: str
    split: str
    right: bool
    decision: GateDecision
    features: DraftFeatures


def drafts_of_set(
    name: str, cases: Sequence[GoldCase], size: int, pipeline: Pipeline, progress: Progress
) -> list[DraftRow]:
    """Let the model answer a set's questions, and keep what the grounding check lets stand.

    Args:
        name: of the set.
        cases: its questions.
        size: questions per split at most.
        pipeline: over its articles, with a language model and a reader; without them, nothing is kept.
        progress: told of each question.
    """
    if pipeline.llm is None:
        return []
    chosen = sample_splits(cases, size)
    found = []
    for number, case in enumerate(chosen, start=1):
        reading = pipeline.read(case.question, case.history)
        if pipeline.finder.writes(reading):
            found += _standing(name, case, reading, pipeline)
        progress(f"{name}, drafts {number}/{len(chosen)} {case.id}")
    return found


def _standing(name: str, case: GoldCase, reading: Reading, pipeline: Pipeline) -> list[DraftRow]:
    """Give what stands of a draft, and of the one on whole passages that follows where it is not believed."""
    attempts = [pipeline.writer.attempted(reading)]
    if not pipeline.writer.believes(attempts[0]) and not attempts[0].decision.hopeless:
        closer = pipeline.finder.closer(reading)
        attempts += [pipeline.writer.attempted(closer)] if closer is not None else []
    rows = [_row(name, case, attempt) for attempt in attempts]
    return [row for row in rows if row is not None]


def _row(name: str, case: GoldCase, attempt: Attempt) -> DraftRow | None:
    stands = attempt.grounded
    if stands is None or attempt.features is None:
        return None
    query = attempt.reading.query
    answer = Answer(case.question, query, text=stands.text, short=stands.short, support=stands.support)
    right = judge(case, answer).verdict in RIGHT_VERDICTS
    return DraftRow(name, case.split, right, attempt.decision, attempt.features)


def fit_drafts(rows: Sequence[DraftRow], gate: dict[str, Any]) -> dict[str, Any]:
    """Fit the limits for drafts.

    Args:
        rows: of all sets and splits.
        gate: the weights of the gate that was fitted for the same model.

    Returns:
        `drafts`, the regression with its threshold, and `least_sure`, a log-probability; empty without right and
        wrong drafts.
    """
    dev = [row for row in _judged_by(gate, rows) if row.split == "dev"]
    if len({row.right for row in dev}) < 2:
        return {}
    fitted: dict[str, Any] = {
        "features": list(_FEATURES),
        **fit_logistic(
            [[getattr(row.features, name) for name in _FEATURES] for row in dev],
            [row.right for row in dev],
            [-1 if name in _AGAINST else 1 for name in _FEATURES],
        ),
    }
    passed = [row for row in dev if row.right and row.decision.answerable]
    doubted = sorted(row.features.least_sure for row in passed if not row.decision.confident) or [0.0]
    lost = int(RIGHT_LOST * len(passed))
    return {
        "drafts": {**fitted, "threshold": MORE_LIKELY_RIGHT, "fitted_on": _counts(dev)},
        "least_sure": round(doubted[min(lost, len(doubted) - 1)], 4),
    }


def _counts(rows: Sequence[DraftRow]) -> dict[str, int]:
    return dict(sorted(Counter(f"{row.data_set}, {'right' if row.right else 'wrong'}" for row in rows).items()))


def report_drafts(rows: Sequence[DraftRow], weights: dict[str, Any]) -> str:
    """Say how many right and wrong drafts each limit gives up, by set and split."""
    gate = Gate({"model": weights, WITHOUT_PROBE: weights}, "model")
    fitted, least = weights["drafts"], weights["least_sure"]
    pairs = zip(fitted["features"], fitted["coefficients"], strict=True)
    lines = [
        f"drafts: threshold {fitted['threshold']}, " + ", ".join(f"{f} {c:+.2f}" for f, c in pairs),
        f"  (without a reader: those of a doubtful gate with a word below log-probability {least})",
    ]
    judged = [row for row in _judged_by(weights, rows) if row.decision.answerable]
    for data_set, split in sorted({(row.data_set, row.split) for row in judged}):
        part = [row for row in judged if (row.data_set, row.split) == (data_set, split)]
        counts = [
            f"{what} given up {sum(not gate.believes(r.features) for r in group)} "
            f"({sum(not r.decision.confident and r.features.least_sure < least for r in group)}) of {len(group)}"
            for what, group in (
                ("right", [r for r in part if r.right]),
                ("wrong", [r for r in part if not r.right]),
            )
        ]
        lines.append(f"  {data_set:7} {split:5} {counts[0]}, {counts[1]}")
    return "\n".join(lines)


def _judged_by(gate: dict[str, Any], rows: Sequence[DraftRow]) -> list[DraftRow]:
    """Give the rows as a newly fitted gate sees them."""
    fitted = Gate({"model": gate, WITHOUT_PROBE: gate}, "model")
    judged = [replace(row, decision=fitted.decide(row.decision.features)) for row in rows]
    return [
        replace(row, features=replace(row.features, gate_log_odds=log_odds(row.decision.probability)))
        for row in judged
    ]

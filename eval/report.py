"""A run in numbers: every measure with its interval, over all cases of a set and by kind; and as plain text."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval.metrics import RIGHT_VERDICTS, Verdict, balanced_yes_no, normalise
from eval.records import CaseRecord, Run
from eval.retrieval import CUTOFFS
from eval.stats import NOTHING, Measure, area_under, coverage_accuracy, mean_of, measure_of, percentile

_RIGHT = {verdict.value for verdict in RIGHT_VERDICTS}
RETRIEVAL_MEASURES = (*(f"hit@{k}" for k in CUTOFFS), "recall@10", "all@10", "MRR@10", "article recall@10",
                      "article nDCG@10")  # fmt: skip
FALSE_ABSTENTION = 0.15  # at which the recall of abstention is compared between systems
RECALL_AT = f"abstention recall at {FALSE_ABSTENTION:.0%} false"
_MEANS = (
    "accuracy", "accuracy with quotations", "exact match of short", "token F1 of short", "exact match of text",
    "token F1 of text", "citation precision", "citation recall", "groundedness", *RETRIEVAL_MEASURES,
    "judge accuracy", "judge agreement", "judge failures", "answer words", "prompt tokens", "completion tokens",
)  # fmt: skip
# What a perfect system scores 1.0 on, and what it scores 0.0 on.
QUALITY_MEASURES = (
    "accuracy", "accuracy with quotations", "accuracy on answerable", "balanced yes/no", "exact match of short",
    "token F1 of short", "exact match of text", "token F1 of text", "abstention precision", "abstention recall",
    "abstention F1", RECALL_AT, "coverage-accuracy area", "citation precision", "citation recall", "groundedness",
    *RETRIEVAL_MEASURES,
)  # fmt: skip
ERROR_MEASURES = ("false abstention", "failures")
BASELINE_MEASURES = (
    "accuracy", "accuracy with quotations", "balanced yes/no", "abstention F1", "false abstention",
    "citation precision", "citation recall", "hit@4", "article nDCG@10",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SetReport:
    """The measures of one gold set.

    Latencies are in seconds; the curve is of (coverage, accuracy) points, the abstention curve of points (false
    abstention, abstention recall).
    """

    name: str
    n: int
    measures: dict[str, Measure]
    by_kind: dict[str, dict[str, Measure]]
    seconds: dict[str, float]
    curve: list[tuple[float, float]]
    abstention_curve: list[tuple[float, float]]
    verdicts: dict[str, int]


def report_of(run: Run) -> list[SetReport]:
    """Measure a run, set by set."""
    return [report_of_set(name, run.of_set(name)) for name in run.sets]


def report_of_set(name: str, records: Sequence[CaseRecord]) -> SetReport:
    """Measure the records of one set."""
    kinds = sorted({record.kind for record in records})
    return SetReport(
        name=name,
        n=len(records),
        measures=measures_of(records),
        by_kind={kind: measures_of([r for r in records if r.kind == kind]) for kind in kinds},
        seconds=_seconds(records),
        curve=_curve(records),
        abstention_curve=_abstention_curve(_plain(records)),
        verdicts={v.value: n for v in Verdict if (n := sum(r.verdict == v.value for r in records))},
    )


def measures_of(records: Sequence[CaseRecord]) -> dict[str, Measure]:
    """Give every measure that applies to at least one of the records.

    Abstention precision, recall and F1 take "the articles don't say" as the positive class; cases on a false
    premise, where both setting right and declining count, are left out of them.
    """
    plain = _plain(records)
    answerable = [r for r in plain if r.gold["answerable"]]
    unanswerable = [r for r in plain if not r.gold["answerable"]]
    judged = [r for r in records if r.verdict != Verdict.UNJUDGED.value]
    measures = {name: mean_of([r.scores[name] for r in records if name in r.scores]) for name in _MEANS}
    measures |= {
        "accuracy on answerable": mean_of([_is_right(r) for r in answerable]),
        "balanced yes/no": measure_of(_yes_no(judged), _balanced),
        "abstention precision": mean_of([not r.gold["answerable"] for r in plain if r.declined]),
        "abstention recall": mean_of([r.declined for r in unanswerable]),
        "abstention F1": measure_of(plain, _abstention_f1) if unanswerable else NOTHING,
        RECALL_AT: measure_of(plain, _abstention_recall_at) if unanswerable and answerable else NOTHING,
        "false abstention": mean_of([r.declined for r in answerable]),
        "coverage": mean_of([not r.declined for r in judged]),
        "coverage-accuracy area": measure_of(judged, lambda sample: area_under(_curve(sample))),
        "failures": mean_of([bool(r.error) for r in records]),
    }
    return {name: measure for name, measure in measures.items() if measure.n}


def to_json(reports: Sequence[SetReport]) -> dict[str, Any]:
    """Give reports as plain JSON values."""
    return {"reports": [asdict(report) for report in reports]}


def baseline_summary(records: Sequence[CaseRecord]) -> dict[str, Any]:
    """Give the few measures of a baseline that stand beside the score."""
    measures = measures_of(records)
    return {name: asdict(measures[name]) for name in BASELINE_MEASURES if name in measures}


def render_report(run: Run, reports: Sequence[SetReport]) -> str:
    """Write a report as plain text for a terminal."""
    lines = [f"{run.about['system']} on {run.about['models'].get('llm', 'no language model')}"]
    for report in reports:
        lines += ["", *_render_set(report, run.baselines.get(report.name, {}))]
        lines += _render_misses(run.of_set(report.name))
    return "\n".join(lines)


def _render_set(report: SetReport, baselines: dict[str, dict[str, Any]]) -> list[str]:
    lines = [f"== {report.name}: {report.n} cases ==", ""]
    lines += [f"{name:26} {measure}" for name, measure in report.measures.items()]
    if len(report.by_kind) > 1:
        lines += ["", "accuracy by kind"]
        lines += [
            f"  {kind or '(no kind)':24} {measures.get('accuracy', NOTHING)}"
            for kind, measures in report.by_kind.items()
        ]
    lines += ["", "seconds"]
    lines += [f"  {name:24} {value:.2f}" for name, value in report.seconds.items()]
    if baselines:
        lines += ["", *_render_baselines(report, baselines)]
    return lines


def _render_baselines(report: SetReport, baselines: dict[str, dict[str, Any]]) -> list[str]:
    names = [n for n in BASELINE_MEASURES if n in report.measures]
    rows = {"this run": {n: report.measures[n].value for n in names}}
    rows |= {b: {n: m["value"] for n, m in measures.items()} for b, measures in baselines.items()}
    width = max(len(name) for name in rows) + 2
    lines = ["beside the baselines", " " * width + "  ".join(names)]
    for row, values in rows.items():
        cells = (f"{values[n]:.3f}" if n in values else "-" for n in names)
        lines.append(f"{row:{width}}" + "  ".join(f"{c:>{len(n)}}" for n, c in zip(names, cells, strict=True)))
    return lines


def _render_misses(records: Sequence[CaseRecord]) -> list[str]:
    misses = [r for r in records if r.verdict not in _RIGHT and r.verdict != Verdict.UNJUDGED.value]
    if not misses:
        return []
    lines = ["", f"misses: {len(misses)}"]
    for r in misses:
        lines.append(f"- {r.id} ({r.kind}: {r.verdict}) {r.gold['question']}")
        lines.append(f"    gold:  {r.gold['answer'] or '(the articles do not say)'}")
        lines.append(f"    given: {r.answer['text'] if r.answer else r.error}")
    return lines


def is_right(record: CaseRecord) -> bool:
    """Tell whether a record's verdict is one of the right ones (a quotation is not)."""
    return record.verdict in _RIGHT


_is_right = is_right


def _yes_no(records: Sequence[CaseRecord]) -> list[tuple[str, bool]]:
    return [
        (r.gold["answer"], _is_right(r)) for r in records if normalise(r.gold["answer"]) in ("yes", "no")
    ]  # fmt: skip


def _balanced(pairs: Sequence[tuple[str, bool]]) -> float:
    return balanced_yes_no(pairs)


def _abstention_f1(records: Sequence[CaseRecord]) -> float:
    hits = sum(r.declined and not r.gold["answerable"] for r in records)
    declined = sum(r.declined for r in records)
    unanswerable = sum(not r.gold["answerable"] for r in records)
    return 2 * hits / (declined + unanswerable) if declined + unanswerable else math.nan


def _plain(records: Sequence[CaseRecord]) -> list[CaseRecord]:
    """Give the records for which to answer or to decline is right, and not both."""
    return [r for r in records if not r.gold.get("abstention_accepted") and r.verdict != Verdict.UNJUDGED.value]


def _abstention_curve(records: Sequence[CaseRecord]) -> list[tuple[float, float]]:
    """Give the abstention recall by the false abstention, over all limits on the confidence; [] of one kind.

    Of a declined question the confidence is that of the best draft that was refused, so that the curve goes beyond
    what is given (the ROC of "the articles don't say").
    """
    from sklearn.metrics import roc_curve

    positive = [not r.gold["answerable"] for r in records]
    if len(set(positive)) < 2:
        return []
    false, found, _ = roc_curve(positive, [-_confidence(r) for r in records], drop_intermediate=False)
    return list(zip(false.tolist(), found.tolist(), strict=True))


def _confidence(record: CaseRecord) -> float:
    known = record.answer.get("confidence") if record.answer else None
    return float(known) if known is not None else float(not record.declined)


def _abstention_recall_at(records: Sequence[CaseRecord]) -> float:
    """Give the recall at `FALSE_ABSTENTION`, between two points of the curve by a straight line."""
    best = dict(_abstention_curve(records))  # of points at one place the last, which is the highest
    return float(np.interp(FALSE_ABSTENTION, list(best), list(best.values()))) if best else math.nan


def _curve(records: Sequence[CaseRecord]) -> list[tuple[float, float]]:
    judged = [r for r in records if r.verdict != Verdict.UNJUDGED.value]
    given = [(r.answer["confidence"], _is_right(r)) for r in judged if r.answer and not r.declined]
    return coverage_accuracy([(c, right) for c, right in given if c is not None], len(judged))


def _seconds(records: Sequence[CaseRecord]) -> dict[str, float]:
    found: dict[str, float] = {}
    for label, name in (("first token", "first token"), ("total", "seconds")):
        values = [r.scores[name] for r in records if name in r.scores]
        found |= {f"{label} p50": percentile(values, 50), f"{label} p95": percentile(values, 95)} if values else {}
    return found

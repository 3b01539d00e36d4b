"""The report of a run: numbers over all cases, by kind, and every miss with the answer given."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.metrics import (
    RIGHT_VERDICTS,
    Verdict,
    bootstrap_interval,
    citation_precision,
    citation_recall,
    exact_match,
    hit_at_k,
    is_quotation,
    percentile,
    token_f1,
    verdict_of,
)
from eval.runner import CaseFailure, CaseResult


@dataclass(frozen=True, slots=True)
class Measure:
    """A mean over n cases with its 95% interval; n is 0 where none applies, and the value means nothing."""

    value: float
    n: int
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] (n={self.n})" if self.n else "- (n=0)"


@dataclass(frozen=True, slots=True)
class Report:
    """A run in numbers; the misses as (id, kind, question, gold, given)."""

    model: str
    measures: dict[str, Measure]
    by_kind: dict[str, Measure]
    seconds: dict[str, float]
    misses: tuple[dict[str, str], ...]
    failures: tuple[dict[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Give the report as plain JSON values."""
        return asdict(self)


def make_report(results: Sequence[CaseResult], failures: Sequence[CaseFailure]) -> Report:
    """Score a run. A failure is wrong in accuracy, and neither an answer nor an abstention elsewhere."""
    answerable = [r for r in results if r.case.answerable and not r.case.abstention_accepted]
    unanswerable = [r for r in results if not r.case.answerable]
    abstained = [r for r in results if r.answer.abstained and not r.case.abstention_accepted]
    # Without facts there is nothing to compare citations with; an abstention cites nothing.
    cited = [r for r in answerable if r.case.facts and not r.answer.abstained]
    answered = [r for r in results if r.case.answerable and not r.answer.abstained]
    firsts = [r.answer.timings.first_token for r in results if r.answer.timings.first_token is not None]
    totals = [r.answer.timings.total for r in results]
    return Report(
        model=results[0].answer.model if results else "",
        measures={
            "accuracy": _mean([*(_right(r) for r in results), *(False for _ in failures)]),
            "accuracy on answerable": _mean(_right(r) for r in answerable),
            "right by quotation": _mean(_verdict(r) is Verdict.RIGHT_BY_QUOTATION for r in answered),
            "exact match of short": _mean(exact_match(r.case.answers, r.answer.short) for r in answered),
            "token F1 of short": _mean(token_f1(r.case.answers, r.answer.short) for r in answered),
            "abstention precision": _mean(not r.case.answerable for r in abstained),
            "abstention recall": _mean(r.answer.abstained for r in unanswerable),
            "false abstention": _mean(r.answer.abstained for r in answerable),
            "citation precision": _mean(citation_precision(r.case.facts, r.answer.citations) for r in cited),
            "citation recall": _mean(citation_recall(r.case.facts, r.answer.citations) for r in cited),
            "hit@1": _mean(hit_at_k(r.case.facts, r.answer.passages, 1) for r in answerable if r.case.facts),
            "hit@4": _mean(hit_at_k(r.case.facts, r.answer.passages, 4) for r in answerable if r.case.facts),
            "answered by quotation": _mean(is_quotation(r.answer) for r in results if not r.answer.abstained),
        },
        by_kind={kind: _mean(rights) for kind, rights in _by_kind(results, failures).items()},
        seconds={
            "first token p50": percentile(firsts, 50),
            "first token p95": percentile(firsts, 95),
            "total p50": percentile(totals, 50),
            "total p95": percentile(totals, 95),
        },
        misses=tuple(_miss(r) for r in results if not _right(r)),
        failures=tuple({"id": f.case.id, "question": f.case.question, "error": f.error} for f in failures),
    )


def render_report(report: Report) -> str:
    """Write a report as plain text."""
    lines = [f"model: {report.model}", ""]
    lines += [f"{name:24} {measure}" for name, measure in report.measures.items()]
    lines += ["", "accuracy by kind"]
    lines += [f"  {kind:22} {measure}" for kind, measure in report.by_kind.items()]
    lines += ["", "seconds"]
    lines += [f"  {name:22} {value:.2f}" for name, value in report.seconds.items()]
    lines += ["", f"misses: {len(report.misses)}"]
    for miss in report.misses:
        lines += [f"- {miss['id']} ({miss['kind']}, {miss['verdict']}) {miss['question']}"]
        lines += [f"    gold:  {miss['gold']}", f"    given: {miss['given']}"]
    if report.failures:
        lines += ["", f"failures: {len(report.failures)}"]
        lines += [f"- {f['id']} {f['question']}: {f['error']}" for f in report.failures]
    return "\n".join(lines)


def _right(result: CaseResult) -> bool:
    return _verdict(result) in RIGHT_VERDICTS


def _verdict(result: CaseResult) -> Verdict:
    return verdict_of(result.case, result.answer)


def _mean(values: Iterable[float | bool]) -> Measure:
    numbers = [float(value) for value in values]
    low, high = bootstrap_interval(numbers)
    return Measure(sum(numbers) / len(numbers) if numbers else 0.0, len(numbers), low, high)


def _by_kind(results: Sequence[CaseResult], failures: Sequence[CaseFailure]) -> dict[str, list[bool]]:
    kinds: dict[str, list[bool]] = {}
    for result in results:
        kinds.setdefault(result.case.kind, []).append(_right(result))
    for failure in failures:
        kinds.setdefault(failure.case.kind, []).append(False)
    return dict(sorted(kinds.items()))


def _miss(result: CaseResult) -> dict[str, str]:
    return {
        "id": result.case.id,
        "kind": result.case.kind,
        "verdict": _verdict(result).value,
        "question": result.case.question,
        "gold": result.case.answer or "(the articles don't say)",
        "given": result.answer.text,
    }

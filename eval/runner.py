"""Ask every gold case of the pipeline. A crash is a failure, listed and counted as wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.cases import GoldCase
from qa.models import Answer
from qa.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case with the answer it got."""

    case: GoldCase
    answer: Answer


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """A case that got no answer, and why."""

    case: GoldCase
    error: str


def run_cases(
    cases: Sequence[GoldCase],
    pipeline: Pipeline,
    on_case: Callable[[CaseResult | CaseFailure], None] = lambda _: None,
) -> tuple[list[CaseResult], list[CaseFailure]]:
    """Ask all cases in order.

    Args:
        cases: what to ask.
        pipeline: the same as the chat's.
        on_case: told of each case as it is done.
    """
    results: list[CaseResult] = []
    failures: list[CaseFailure] = []
    for case in cases:
        try:
            result = CaseResult(case, pipeline.answer(case.question, case.history))
        except Exception as exc:  # noqa: BLE001  one crash must not end the run, nor vanish from it
            failure = CaseFailure(case, f"{type(exc).__name__}: {exc}")
            failures.append(failure)
            on_case(failure)
            continue
        results.append(result)
        on_case(result)
    return results, failures

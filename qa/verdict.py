"""Yes or no, decided by code: each part of the question is a claim, and each claim is checked on its own evidence.

A small model says yes to almost any comparison. Asked for each claim whether the evidence states it, its
probability of yes still says yes too often, but in the right order; so the least likely claim decides, at a
threshold fitted on development data (checking claim by claim: ProgramFC, arXiv 2305.12744; taking the bias out:
batch calibration, arXiv 2309.17249).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qa.evidence import lexical_coverage
from qa.llm import LanguageModel
from qa.models import Evidence, Turn
from qa.prompts import claim_messages
from qa.question import Part

_EDGE = 1e-4  # keeps log-odds finite


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A part of the question, the evidence that speaks of it, and the log-odds that it is stated there."""

    part: Part
    evidence: tuple[Evidence, ...]
    log_odds: float


def check_claims(
    parts: Sequence[Part], evidence: Sequence[Evidence], llm: LanguageModel, previous: Turn | None = None
) -> list[ClaimCheck] | None:
    """Check each part of a yes or no question on its evidence.

    Args:
        parts: of the question.
        evidence: best first.
        llm: is asked once per part.
        previous: the turn that the question leans on.

    Returns:
        The checks in order; None where the model gives no probabilities.

    Raises:
        LLMError: the embedded model failed.
    """
    found = []
    for part in parts:
        bearing = evidence_of(part, evidence)
        yes = llm.yes_probability(claim_messages(part.text, bearing, previous))
        if yes is None:
            return None
        p = min(max(yes, _EDGE), 1 - _EDGE)
        found.append(ClaimCheck(part, tuple(bearing), math.log(p / (1 - p))))
    return found


def weakest(checks: Sequence[ClaimCheck]) -> float:
    """Give the log-odds of the least likely claim, which decides."""
    return min(check.log_odds for check in checks)


def evidence_of(part: Part, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Give the evidence that a part is checked on: of the outlets it names, where there is any."""
    named = [item for item in evidence if item.passage.article.source in part.sources]
    return named or list(evidence)


def shown_evidence(checks: Sequence[ClaimCheck]) -> list[Evidence]:
    """Give, for each claim in turn, the piece of its evidence that has most of its words; each piece once."""
    chosen: list[Evidence] = []
    for check in checks:
        coverage = lexical_coverage(check.part.text, [item.text for item in check.evidence])
        order = sorted(range(len(coverage)), key=lambda i: -coverage[i])
        best = next((check.evidence[i] for i in order if check.evidence[i] not in chosen), None)
        if best is not None:
            chosen.append(best)
    return chosen

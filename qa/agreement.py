"""Whether two reports agree: they do unless one denies what the other says, or gives another figure for it.

A small model asked "were the reports consistent?" cannot tell, for that stands in neither of them. That two texts
are consistent means that nothing in one contradicts the other, which is looked for by rule.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answer_type import may_be_yes_no, offers_opposites
from qa.bindings import Turned, contradiction, differs
from qa.evidence import by_coverage
from qa.models import Evidence
from qa.question import Part

_REPORT = (
    r"(?:reports?|reporting|articles?|coverage|portrayal|perspective|stor(?:y|ies)|accounts?|outlets?|sources?)"
)
_REPORTS = re.compile(r"\b(?:reports|articles|stories|accounts|outlets|sources|both|between)\b", re.IGNORECASE)
_AGREE = (
    r"consisten(?:t|tly|cy)|there (?:\w+ )?agreement|in agreement|agree (?:on|about|that)"
    rf"|{_REPORT} (?:[^?]* )?(?:agree(?! to\b)|align(?:s|ed)?)"
)
_CLASH = (
    r"inconsisten(?:t|tly|cy)|disagreement between|discrepanc(?:y|ies)|conflicting reports|disagree (?:on|about)"
    r"|contradict(?:s|ed)?"
)
_CHANGED = r"(?:coverage|portrayal|perspective|reporting|story) (?:[^?]* )?changed?"
_ASKED = re.compile(rf"\b(?:(?P<clash>{_CLASH})|(?P<agree>{_AGREE})|(?P<changed>{_CHANGED}))\b", re.IGNORECASE)
_ONE = re.compile(rf"\b{_REPORT}\b(?! that\b)", re.IGNORECASE)
_FROM_TO = re.compile(r"\bfrom\b.*\bto\b", re.IGNORECASE)  # says itself what the change would be
_READ = 2  # sentences of each report that are held against the other's


@dataclass(frozen=True, slots=True)
class Agreement:
    """A question whether reports agree, and what answers it where they do, and where they do not."""

    agreed: str
    clashing: str


def agreement_of(question: str, parts: Sequence[Part]) -> Agreement | None:
    """Read a question as one whether reports agree; None for any other.

    Args:
        question: as typed.
        parts: of it, each on a report.
    """
    match = _ASKED.search(question)
    if match is None or not _on_reports(question, parts):
        return None
    if match["changed"] and (_FROM_TO.search(question) or "between" not in question.lower()):
        return None
    if offers_opposites(question):
        return Agreement("Consistent", "Inconsistent")
    if not may_be_yes_no(question):
        return None
    return Agreement("Yes", "No") if match["agree"] else Agreement("No", "Yes")


def _on_reports(question: str, parts: Sequence[Part]) -> bool:
    """Tell whether a question is on more than one report."""
    if len({source for part in parts for source in part.sources}) > 1:
        return True
    return len(parts) > 1 and (bool(_REPORTS.search(question)) or len(_ONE.findall(question)) > 1)


def settle(
    asked: Agreement, parts: Sequence[Part], evidence: Sequence[Evidence]
) -> tuple[str, tuple[Evidence, ...]] | None:
    """Find what answers a question whether reports agree.

    Args:
        asked: the question.
        parts: of it, each on a report.
        evidence: best first.

    Returns:
        The answer with what each report says, the clash where there is one; None where fewer than two were found.
    """
    reports = _reports(parts, evidence)
    if len(reports) < 2:
        return None
    for one, other in itertools.permutations(reports, 2):
        for mine, theirs in itertools.product(one, other):
            if _clash(mine, theirs):
                return asked.clashing, (mine, theirs)
    return asked.agreed, tuple(report[0] for report in reports)


def _reports(parts: Sequence[Part], evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """Give what each report says that a question is on: one for each outlet that a part names, or for the part."""
    named = frozenset(source for part in parts for source in part.sources)
    wanted = [(part, outlets) for part in parts for outlets in ([frozenset({s}) for s in part.sources] or [named])]
    reports: dict[str, list[Evidence]] = {}
    for part, outlets in wanted:
        found = [
            item
            for item in by_coverage(part.text, evidence)
            if item.passage.article.id not in reports and (not outlets or item.passage.article.source in outlets)
        ]
        if found:
            article = found[0].passage.article.id
            reports[article] = [item for item in found if item.passage.article.id == article][:_READ]
    return list(reports.values())


def _clash(mine: Evidence, theirs: Evidence) -> bool:
    """Tell whether one sentence denies what another says, or gives another figure for it."""
    turned = contradiction(mine.text, [theirs.text])
    return (turned is not None and turned.kind is Turned.DENIAL) or bool(
        differs(mine.text, mine.text, theirs.text)
    )

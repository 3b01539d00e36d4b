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
from qa.question import Part, Period, main_title

_REPORT = re.compile(
    r"\b(?:report(?:ing)?|article|coverage|portrayal|perspective|story|account)\b(?! that\b)", re.IGNORECASE
)
_REPORTS = re.compile(r"\b(?:reports|articles|stories|accounts|outlets|sources)\b", re.IGNORECASE)
_AGREE = r"consisten(?:t|tly|cy)|(?:there|in) (?:\w+ )?agreement|agree(?! (?:to|that)\b)|align(?:s|ed)?"
_CLASH = (
    r"inconsisten(?:t|tly|cy)|disagree(?:ment)?|discrepanc(?:y|ies)|conflict(?:ing)?|at odds"
    r"|contradict(?:s|ed|ory|ions?)?|differ"
)
_ASKED = re.compile(rf"\b(?:(?P<clash>{_CLASH})|(?P<agree>{_AGREE})|(?P<changed>changed?))\b", re.IGNORECASE)
_EITHER = re.compile(
    r"\b(?:agree|disagree|contradict) or (?:they )?(?:agree|disagree|contradict)\b", re.IGNORECASE
)
# What changed, agreed or contradicted is then something that the reports tell of.
_TELLS = re.compile(
    r"\b(?:say|state|claim|suggest|write|mention|indicate|report (?:that|the|an?)|according to)\b", re.IGNORECASE
)
_OF_TELLING = re.compile(r"\b(?:coverage|portrayal|perspective|reporting|story)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|no)\b|^is it (?:true|right|correct)\b", re.IGNORECASE)
_FROM_TO = re.compile(r"\bfrom\b.*\bto\b", re.IGNORECASE)  # says itself what the change would be
_CONTRARY = (Turned.DENIAL, Turned.DIRECTION)
_READ = 2  # sentences of each report that are held against the other's


@dataclass(frozen=True, slots=True)
class Agreement:
    """A question whether reports agree, and what answers it where they do, and where they do not."""

    agreed: str
    clashing: str


def agreement_of(question: str, parts: Sequence[Part]) -> Agreement | None:
    """Read a question as one whether reports agree.

    Args:
        question: as typed.
        parts: of it, with the outlets that they name.

    Returns:
        None for any other question, for one on what reports say that others agree on, and for one that denies.
    """
    match = _ASKED.search(question)
    if match is None or not _on_reports(question, parts) or _DENIED.search(question):
        return None
    if offers_opposites(question):
        return Agreement("Consistent", "Inconsistent")
    before = question[: match.start()]
    if not may_be_yes_no(question) or _TELLS.search(before):
        return None
    if match["changed"]:
        is_telling = "between" in question.lower() and _OF_TELLING.search(before)
        return Agreement("No", "Yes") if is_telling and not _FROM_TO.search(question) else None
    if _EITHER.search(question):
        return Agreement("They agree", "They disagree")
    return Agreement("Yes", "No") if match["agree"] else Agreement("No", "Yes")


def settle(
    asked: Agreement, parts: Sequence[Part], evidence: Sequence[Evidence]
) -> tuple[str, tuple[Evidence, ...]] | None:
    """Find what answers a question whether reports agree.

    Args:
        asked: the question.
        parts: of it, each on a report.
        evidence: best first.

    Returns:
        The answer with what each report says, the clash where there is one; None where fewer than two were found,
        or none of an outlet that is named.
    """
    reports = _reports(parts, evidence)
    # A question that names "Tide News" names "Tide News - Sport" too.
    found = {main_title(report[0].passage.article.source) for report in reports}
    if len(reports) < 2 or not {main_title(source) for source in _outlets(parts)} <= found:
        return None
    for one, other in itertools.permutations(reports, 2):
        for mine, theirs in itertools.product(one, other):
            if _clash(mine, theirs):
                return asked.clashing, (mine, theirs)
    return asked.agreed, tuple(report[0] for report in reports)


def _on_reports(question: str, parts: Sequence[Part]) -> bool:
    """Tell whether a question is on more than one report."""
    several = bool(_REPORTS.search(question)) or (len(parts) > 1 and len(_REPORT.findall(question)) > 1)
    return several or len(_outlets(parts)) > 1


def _outlets(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset(source for part in parts for source in part.sources)


def _reports(parts: Sequence[Part], evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """Give what each report says that a question is on: one for each outlet that a part names, or for the part."""
    wanted = [
        (part, outlets)
        for part in parts
        for outlets in ([frozenset({source}) for source in part.sources] or [_outlets(parts)])
    ]
    reports: dict[str, list[Evidence]] = {}
    for part, outlets in wanted * (2 if len(wanted) == 1 else 1):
        found = [
            item
            for item in by_coverage(part.text, evidence)
            if item.passage.article.id not in reports and (not outlets or item.passage.article.source in outlets)
        ]
        found = [item for item in found if _within(part.periods, item)] or found
        if found:
            article = found[0].passage.article.id
            reports[article] = [item for item in found if item.passage.article.id == article][:_READ]
    return list(reports.values())


def _within(periods: Sequence[Period], item: Evidence) -> bool:
    """Tell whether a piece of evidence was published in one of some periods."""
    published = item.passage.article.published_at
    return published is not None and any(p.since <= published.date() <= p.until for p in periods)


def _clash(mine: Evidence, theirs: Evidence) -> bool:
    """Tell whether one sentence denies what another says, says the opposite, or gives another figure for it."""
    turned = contradiction(mine.text, [theirs.text])
    contrary = turned is not None and turned.kind in _CONTRARY
    return contrary or bool(differs(mine.text, mine.text, theirs.text))

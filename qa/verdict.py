"""Yes or no, decided by code: by the days of publication, or claim by claim, each on its own evidence.

A small model says yes to almost any comparison. Asked for each claim whether the evidence states it, its
probability of yes still says yes too often, but in the right order; so the least likely claim decides, at a
threshold fitted on development data (checking claim by claim: ProgramFC, arXiv 2305.12744; taking the bias out:
batch calibration, arXiv 2309.17249).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.bindings import Turned, contradiction, figure_at_subject
from qa.claims import countries_meant, missing_claims, numbers
from qa.evidence import by_coverage, texts_of
from qa.llm import LanguageModel
from qa.models import Evidence, Turn
from qa.prompts import claim_messages, shown_text
from qa.question import Part
from qa.statement import premise_of, statement_of
from qa.syntax import parse
from qa.text import stem, stems

# "Did A report on X before B mentioned Y?": the order of two reports.
_REPORTING = r"(?:report|publish|mention|discuss|cover|write|announce|describe)\w*"
_ORDER = re.compile(
    rf"^(?:did|was|were|had|has|have|is)\b.*\b{_REPORTING}\b.*?(?:,\s*)?\b(?P<order>before|after"
    rf"|earlier than|later than)\b"
    rf".*\b{_REPORTING}\b",
    re.IGNORECASE,
)
_EDGE = 1e-4  # keeps log-odds finite
_IS = re.compile(r"^(?:and |but |so )?(?:is|are|was|were)\b", re.IGNORECASE)
_COMPARED_OR_TIMED = re.compile(r"\b(?:than|when|while|before|after|until|by the time|still)\b", re.IGNORECASE)
# What a contradiction of the statement is no mere lack of: "another date" may be that of another event.
_SAYS_NO = (Turned.ROLES, Turned.DENIAL, Turned.DIRECTION)
_COMPARES = re.compile(
    r"\b(?:before|after|more|less|fewer|few|most|least|early|late|earlier|later)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A part of the question, the evidence that speaks of it, and the log-odds that it is stated there."""

    part: Part
    evidence: tuple[Evidence, ...]
    log_odds: float


def order_of_reports(
    question: str, parts: Sequence[Part], evidence: Sequence[Evidence]
) -> tuple[bool, list[Evidence]] | None:
    """Decide whether one outlet reported before or after another, from the days of publication.

    Args:
        question: as typed.
        parts: two, each naming its outlet.
        evidence: best first.

    Returns:
        Yes or no, and the evidence of both reports; None for other questions, or where the days do not tell.
    """
    asked = _ORDER.search(question)
    if asked is None or len(parts) != 2 or not all(part.sources for part in parts):
        return None
    reports = [next((e for e in by_coverage(part.text, evidence) if _of_outlet(part, e)), None) for part in parts]
    first, second = reports
    if first is None or second is None:
        return None
    days = [e.passage.article.published_at for e in (first, second)]
    if days[0] is None or days[1] is None or days[0] == days[1]:
        return None
    earlier = days[0] < days[1]
    return earlier == asked["order"].lower().startswith(("before", "earlier")), [first, second]


def _of_outlet(part: Part, item: Evidence) -> bool:
    return item.passage.article.source in part.sources


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


def figure_checked(question: str, evidence: Sequence[Evidence]) -> bool | None:
    """Decide "Is the target 5%?" by the figure that the evidence gives its subject; None for others."""
    said = statement_of(question) if _IS.match(question) else ""
    if not numbers(said):
        return None
    texts = [item.text for item in evidence]
    turned = contradiction(said, texts)
    if turned is not None:
        return False if turned.kind is Turned.FIGURE else None
    all_there = set(stems(said)) <= {stem for text in texts for stem in stems(text)}
    return True if all_there and figure_at_subject(said, texts) else None


def figure_denied(question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether evidence gives the subject of "Is the target 4%?" another figure, and knows all its names."""
    if figure_checked(question, evidence) is not False:
        return False
    asked = {number.value for number in numbers(question)}
    missing = missing_claims(question, texts_of(evidence))
    return all(asked & {number.value for number in numbers(claim)} for claim in missing)


def on_one_thing(question: str) -> bool:
    """Tell whether a question compares nothing and sets nothing against the time of something else."""
    return _COMPARED_OR_TIMED.search(question) is None


def turned_round(question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether evidence says the opposite of what a yes or no question asks, or says it of somebody else."""
    said = statement_of(question)
    return bool(said) and _says_no(said, [item.text for item in evidence])


def speaks_of_others(question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether a question names somebody or something that no evidence does.

    That articles are silent on it makes no "No": "Did Ada Brun come?", where they do not know her.
    """
    texts = texts_of(evidence)
    missing = [claim for claim in missing_claims(question, texts) if not claim[:1].isdigit()]
    return bool(set(missing) - countries_meant(missing, texts).keys())


def says_otherwise(question: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """Find the evidence that says of somebody else, or denies, what a question takes for granted.

    Args:
        question: "Why did the board sell the yard?"
        evidence: best first.

    Returns:
        A piece that has all its words: "The owners sold the yard, which the board regretted."; None where there is
        none.
    """
    return _turning(premise_of(question), evidence)


def denied_outright(question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether evidence that has all words of a yes or no question denies it, or says it of somebody else."""
    return _turning(statement_of(question), evidence) is not None


def stated_outright(question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether a piece of evidence with its day has all words of a yes or no question, and turns none.

    That does not make it a Yes ("Voxen almost bought Ostrel"), but a No would not stand beside it.
    """
    said = statement_of(question)
    wanted = _lemmas(said)
    for item in evidence if said else ():
        shown = shown_text(item)
        day = item.passage.article.published_at
        text = f"{shown}\n{day:%d %B %Y}" if day else shown
        if wanted <= _lemmas(text) and not missing_claims(said, [text]):
            return contradiction(said, [item.text], [shown]) is None
    return False


def _turning(said: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """Give the piece of evidence that has all words of a statement and turns it round; None where none does."""
    wanted = _lemmas(said)
    for item in evidence if said else ():
        if wanted <= _lemmas(item.text) and _says_no(said, [item.text]):
            return item
    return None


def _says_no(said: str, texts: Sequence[str]) -> bool:
    """Tell whether texts say a statement of somebody else, deny it, or say the opposite.

    What is more, earlier or later than something may hold though they have the opposite word.
    """
    turned = contradiction(said, texts)
    if turned is None or turned.kind not in _SAYS_NO:
        return False
    return turned.kind is not Turned.DIRECTION or not _COMPARES.search(said)


def _lemmas(text: str) -> set[str]:
    """Give the words of a text that say something, "sell" for "sold"."""
    return {stem(t.lemma) for t in parse(text) if t.pos in ("NOUN", "PROPN", "VERB", "ADJ", "NUM")}


def evidence_of(part: Part, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Give the evidence that a part is checked on: of the outlets it names, where there is any."""
    named = [item for item in evidence if item.passage.article.source in part.sources]
    return named or list(evidence)


def shown_evidence(checks: Sequence[ClaimCheck]) -> list[Evidence]:
    """Give, for each claim in turn, the piece of its evidence that has most of its words; each piece once."""
    chosen: list[Evidence] = []
    for check in checks:
        best = next((e for e in by_coverage(check.part.text, check.evidence) if e not in chosen), None)
        if best is not None:
            chosen.append(best)
    return chosen

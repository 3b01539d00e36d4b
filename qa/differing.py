"""Reports that differ: which evidence gives another figure for the same thing, and which of them counts.

The newest counts, a correction before what else is of its day; what a correction only recalls counts never.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from qa.answer_type import asks_how_it_stands
from qa.bindings import differs, figures_of, of_another_subject, only_figure
from qa.claims import Number, missing_claims, numbers
from qa.models import Article, Citation, Evidence
from qa.newstime import MONTHS
from qa.opinion import is_opinion
from qa.text import stems, words

REPORT_DIFFERS = "report differs:"  # before what another report says, in an answer
_SAME_SUBJECT = 0.6  # share of the question's words that a newer report must have to answer it instead
_YEAR = re.compile(r"(?:1[5-9]|2[01])\d\d")
_AT_ITS_TIME = re.compile(
    r"\b(?:at (?:the|that) time|back then|at first|initially|originally)\b"
    r"|\b(?:announced|asked|demanded|estimated|expected|given|named|offered|ordered|planned|promised|proposed|reported"
    r"|said|wanted) first(?=\s*[?,;.])",
    re.IGNORECASE,
)
_ABOUT_IT = 0.25  # share of the question's words that a report must have to be asked whether it differs
_MOST_ASKED = 2  # reports that a model is asked about, for each takes it seconds
_FEWEST_ASKED = 3  # words of a question that say what it is about
_HEAD = 400  # characters of an article in which it says that it corrects
_CORRECTS = re.compile(
    r"\b(?:corrections?|corrected|clarifications?|misstated|we (?:wrongly )?reported)\b", re.IGNORECASE
)
# A sentence that recalls what was wrong: its figures are none.
_RECALLS = re.compile(
    r"\b(?:we (?:said|wrote|reported|stated|gave|put)|(?:said|wrote|reported|stated|gave) (?:wrongly|incorrectly)"
    r"|misstated|misreported|wrongly|incorrectly|mistakenly|erroneously|in error)\b(?!.*\bshould have\b)",
    re.IGNORECASE | re.DOTALL,
)
# In an article that corrects, what an article said before.
_SAID_IN_PRINT = re.compile(
    r"\b(?:article|caption|chart|column|graphic|headline|index|interview|map|obituary|photograph|report|story|table"
    r"|version)\b[^.;]{0,80}?\b(?:attributed|called|described|gave|identified|listed|named|put|said|stated|wrote)\b"
    r"(?!.*\bshould have\b)",
    re.IGNORECASE | re.DOTALL,
)
_ON_ERRORS = re.compile(r"\b(?:wrong\w*|mistak\w*|err\w*|incorrect\w*|correct\w*|misstat\w*)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """What the reader takes for the answer in a passage, with its sentence, and whether it likely is one."""

    item: Evidence
    text: str
    likely: bool


@dataclass(frozen=True, slots=True)
class OtherReport:
    """Evidence of another article, with its figure as written."""

    item: Evidence
    figure: str


def rank_in_time(article: Article) -> tuple[date, bool]:
    """Give what orders articles in time; a correction stands above what else is of its day."""
    day = article.published_at.date() if article.published_at else date.min
    return day, _corrects(article)


def _corrects(article: Article) -> bool:
    return bool(_CORRECTS.search(f"{article.title}\n{article.text[:_HEAD]}"))


def recalls_error(item: Evidence, question: str) -> bool:
    """Tell whether a piece of evidence recalls an error; never where the question is about one."""
    if _ON_ERRORS.search(question):
        return False
    said_before = _corrects(item.passage.article) and _SAID_IN_PRINT.search(item.text)
    return bool(said_before or _RECALLS.search(item.text))


def other_reports(
    question: str,
    sentence: str,
    figures: set[Number],
    own: Sequence[Citation],
    evidence: Sequence[Evidence],
    answers: Sequence[FoundAnswer] = (),
    confirmed: Sequence[FoundAnswer] = (),
) -> tuple[list[OtherReport], list[OtherReport]]:
    """Find the evidence of other dated articles that has another figure for the same.

    Args:
        question: that is answered.
        sentence: of the answer.
        figures: that answer the question.
        own: the citations of the sentence that hold them.
        evidence: of the question.
        answers: what the reader found in the passages. Where it finds another figure than a report's, that report
            is on something else; a newer one that it likely finds counts for a question on how things stand.
        confirmed: of these, what a model that verifies takes for an answer too.

    Returns:
        What is newer than all of `own` and answers instead, and the rest; the newest first.
    """
    articles = {c.passage.article.id for c in own}
    mine = "\n".join(c.quote for c in own)
    others = [
        item
        for item in evidence
        if item.passage.article.id not in articles
        and item.passage.article.published_at is not None
        and not recalls_error(item, question)
    ]
    found = {
        item: figure
        for item in others
        if (figure := differs(sentence, mine, item.text, figures)) and _on_the_same(question, sentence, own, item)
    }
    newest = max((rank_in_time(c.passage.article) for c in own), default=(date.min, False))
    newest_counts = bool(own) and asks_how_it_stands(question)
    if newest_counts:
        found |= {item: figure for item, figure in _newer(question, figures, own, others) if item not in found}
    found = {item: figure for item, figure in found.items() if _borne_out(item, figure, answers)}
    if newest_counts:
        later = [a for a in answers if rank_in_time(a.item.passage.article) > newest]
        found |= {answer.item: answer.text for answer in later if _answers_anew(answer, figures, own, question)}
    told = {answer.item: answer.text for answer in confirmed if _is_new(answer, found)}
    instead = {item for item in told if newest_counts and not is_opinion(item.passage.article)} | found.keys()
    reports = [OtherReport(item, figure) for item, figure in (found | told).items()]
    reports.sort(key=lambda report: rank_in_time(report.item.passage.article), reverse=True)
    newer = [r for r in reports if r.item in instead and rank_in_time(r.item.passage.article) > newest]
    rest = [report for report in reports if report not in newer]
    return ([] if _of_its_time(question, own) else newer), rest


def _is_new(answer: FoundAnswer, found: Iterable[Evidence]) -> bool:
    """Tell whether what the reader found is of an article that none of the evidence found is of."""
    return answer.item.passage.article.id not in {item.passage.article.id for item in found}


def may_differ(
    question: str, figures: set[Number], own: Sequence[Citation], answers: Sequence[FoundAnswer]
) -> list[FoundAnswer]:
    """Choose what the reader found in other dated articles that may be another answer.

    Args:
        question: that is answered.
        figures: that answer it.
        own: the citations that hold them.
        answers: what the reader found, likely or not.

    Returns:
        Single figures that count the same kind of thing as those given, in sentences with the same names; few,
        and those first whose sentences have most of the question's words.
    """
    articles = {c.passage.article.id for c in own}
    asked = set(stems(question))
    shares = {a: _covered(asked, a.item.passage.article, a.item.text) for a in answers}
    others = [
        answer
        for answer in answers
        if answer.item.passage.article.id not in articles
        and shares[answer] >= _ABOUT_IT
        and _of_one_thing(question, own, answer.item)
        and _is_another(answer, figures, own, question)
    ]
    return sorted(others, key=lambda answer: -shares[answer])[:_MOST_ASKED]


def _borne_out(item: Evidence, figure: str, answers: Sequence[FoundAnswer]) -> bool:
    """Tell whether the reader, where it read a report's passage, finds the same figure there."""
    read = [answer for answer in answers if answer.item.passage.chunk.id == item.passage.chunk.id]
    return not read or any(set(numbers(figure)) & set(numbers(answer.text)) for answer in read)


def _answers_anew(answer: FoundAnswer, figures: set[Number], own: Sequence[Citation], question: str) -> bool:
    """Tell whether the reader finds another single figure of the same sort in a report than the cited has."""
    likely = answer.likely and not is_opinion(answer.item.passage.article)
    return likely and _is_another(answer, figures, own, question)


def _is_another(answer: FoundAnswer, figures: set[Number], own: Sequence[Citation], question: str) -> bool:
    """Tell whether what the reader found in a dated report is another single figure of the same sort."""
    found = set(numbers(answer.text))
    return (
        answer.item.passage.article.published_at is not None
        and not recalls_error(answer.item, question)
        and len(found) == 1
        and not found & figures
        and _counts_the_same(answer.item.text, found, [c.quote for c in own], figures)
    )


def _counts_the_same(text: str, found: set[Number], own: Sequence[str], figures: set[Number]) -> bool:
    """Tell whether figures of a text and figures of others count the same kind of thing: people, crowns."""
    theirs = {kind for figure, kind in figures_of(text) if figure in found}
    mine = {kind for quote in own for figure, kind in figures_of(quote) if figure in figures}
    return bool(theirs & mine)


def _of_its_time(question: str, own: Sequence[Citation]) -> bool:
    """Tell whether a question is about the time of its report: what later ones say is no answer to it."""
    if _AT_ITS_TIME.search(question):
        return True
    asked = {word.lower() for word in words(question)}
    years = {word for word in asked if _YEAR.fullmatch(word)}
    days = [day for c in own if (day := c.passage.article.published_at) is not None]
    return any(MONTHS[day.month - 1] in asked and (not years or str(day.year) in years) for day in days)


def _on_the_same(question: str, sentence: str, own: Sequence[Citation], item: Evidence) -> bool:
    """Tell whether evidence has all words but one that the cited shares with the question: else it is on another.

    A question of few words ("What about day four?") leaves it to those of the answer's sentence.
    """
    if not _of_one_thing(question, own, item):
        return False
    asked = set(stems(question))
    asked = asked if len(asked) >= _FEWEST_ASKED else set(stems(sentence))
    return _covered(asked, item.passage.article, item.text) >= _all_but_one(asked, own)


def _of_one_thing(question: str, own: Sequence[Citation], item: Evidence) -> bool:
    """Tell whether evidence has the names, past years and subjects of what is cited."""
    return (
        _names_the_same(question, own, item)
        and _of_the_same_past(question, own, item)
        and not all(of_another_subject(c.quote, item.text) for c in own)
    )


def _names_the_same(question: str, own: Sequence[Citation], item: Evidence) -> bool:
    """Tell whether evidence has the names of a question that the cited has.

    Below the title "Ferry film wins the Lantern", a sentence on another prize is not about the Lantern.
    """
    return _unnamed(question, [item.text]) <= _unnamed(question, [c.quote for c in own])


def _of_the_same_past(question: str, own: Sequence[Citation], item: Evidence) -> bool:
    """Tell whether evidence names the past years of a question that the cited names: else it is of its own."""
    years = {word for c in own for word in words(c.quote) if _YEAR.fullmatch(word) and _is_past(word, c)}
    return years & set(words(question)) <= set(words(item.text))


def _is_past(year: str, cited: Citation) -> bool:
    day = cited.passage.article.published_at
    return day is not None and int(year) < day.year


def _unnamed(question: str, texts: Sequence[str]) -> set[str]:
    return {claim for claim in missing_claims(question, texts) if not claim[:1].isdigit()}


def _newer(
    question: str, figures: set[Number], own: Sequence[Citation], others: Sequence[Evidence]
) -> list[tuple[Evidence, str]]:
    """Find the newest evidence that speaks of what is asked as well as the cited does, with another figure.

    For a question on how things stand: words differ from report to report, but the newest counts.
    """
    asked = set(stems(question))
    best = max(own, key=lambda c: rank_in_time(c.passage.article))
    enough = _all_but_one(asked, [best])
    candidates = [
        (item, figure)
        for item in others
        if rank_in_time(item.passage.article) > rank_in_time(best.passage.article)
        and not is_opinion(item.passage.article)
        and _covered(asked, item.passage.article, item.text) >= max(_SAME_SUBJECT, enough)
        and _of_one_thing(question, [best], item)
        for held in figures & set(numbers(best.quote))
        if (figure := only_figure(held, best.quote, item.text))
    ]
    return sorted(candidates, key=lambda pair: rank_in_time(pair[0].passage.article))[-1:]


def _all_but_one(asked: set[str], own: Sequence[Citation]) -> float:
    """Give the share of the asked words that the cited has, less one word."""
    cited = max((_covered(asked, c.passage.article, c.quote) for c in own), default=0.0)
    return cited - 1 / max(1, len(asked))


def _covered(asked: set[str], article: Article, text: str) -> float:
    """Give the share of a question's words that a sentence has, with its article's title."""
    return len(asked & set(stems(f"{article.title} {text}"))) / max(1, len(asked))

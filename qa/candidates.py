"""Which company, who, what country: the one name that fits all parts of a question over several articles.

A small model names whatever stands first. But the name that is asked for is the one that the evidence of one
part after the other speaks of, and that the question itself does not say; so each name of the evidence is scored
by how much of each part its sentences cover. That a sentence speaks of a name does not make it the answer, a
company rather than its product: so the reader is asked for each part too, and what it finds there counts for the
name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.answer_type import AnswerType, answer_types
from qa.evidence import lexical_coverage
from qa.models import Evidence
from qa.question import Part
from qa.reader import Reader, ReaderSpan
from qa.syntax import Token, parse
from qa.text import plain_quotes, squeeze, words

_FROM_TITLE = 0.6  # what a name in the title counts, against one in the sentence
_OTHER_OUTLET = 0.4  # what a sentence counts where the part names another outlet
_READ_WEIGHT = 8.0  # of what the reader finds, as a probability for each part, chosen on the dev split
_FEWEST_ARTICLES = 2
_TIMED = re.compile(r"\b(?:before|after)\b", re.IGNORECASE)
_FITS, _UNKNOWN, _MISFITS = 1.3, 0.9, 0.6  # weights of a name of the kind that is asked for, of none, of another
_ASKED_KINDS = (
    (
        re.compile(
            r"(?:(?:^|[,:;]\s*|\band\s+)(?:who|whose)\b"
            r"|\b(?:which|what) (?:\w+ ){0,2}(?:person|individual|man|woman|player"
            r"|actor|actress|author|"
            r"singer|artist|coach|manager|minister|president|politician|executive|ceo|founder|journalist|scientist|"
            r"director|quarterback|athlete|celebrity))\b",
            re.IGNORECASE,
        ),
        frozenset({"PERSON"}),
    ),
    (
        re.compile(
            r"\b(?:which|what) (?:\w+ ){0,2}(?:country|city|state|nation|region|place|town)\b", re.IGNORECASE
        ),
        frozenset({"GPE", "LOC", "FAC"}),
    ),
    (
        re.compile(
            r"\b(?:which|what) (?:\w+ ){0,2}(?:company|organi[sz]ation|firm|entity|platform"
            r"|agency|institution|bank|"
            r"team|club|party|brand|startup|publisher|group|body|regulator|union|league|university)\b",
            re.IGNORECASE,
        ),
        frozenset({"ORG"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name, and for each part in turn the best evidence that speaks of it; each piece once."""

    name: str
    evidence: tuple[Evidence, ...]


def asks_one_name(question: str, parts: Sequence[Part]) -> bool:
    """Tell whether a question asks for the one name that several parts have in common."""
    other = {AnswerType.FIGURE, AnswerType.DATE} & answer_types(question)
    # "Who got the wheel after a puncture?" asks about one event; that of a report is another matter.
    one_event = bool(_TIMED.search(question)) and not any(part.sources for part in parts)
    return len(parts) > 1 and not other and not one_event and bool(_asked_kind(question)[0])


def common_name(
    question: str, parts: Sequence[Part], evidence: Sequence[Evidence], reader: Reader | None = None
) -> Candidate | None:
    """Find the name that fits the parts of a question best.

    Args:
        question: as typed; its own names are no answer.
        parts: of the question, at least two.
        evidence: for all of them.
        reader: asked for each part, sentence by sentence; None: the words alone count.

    Returns:
        The name with its evidence; None where no name stands in the evidence of two articles.
    """
    asked = {*_said(question), *(word for item in evidence for word in _said(item.passage.article.source))}
    found = _Found(asked)
    for part in parts:
        found.add(part, evidence)
    found.merge()
    if reader is not None:
        texts = [item.text for item in evidence]
        for asked_alone in _one_by_one(question, parts):
            found.hear(texts, reader.read(asked_alone, texts))
    _, kinds = _asked_kind(question)
    ranked = sorted(found.scores, key=lambda key: (-found.score(key, kinds), key))
    for key in ranked:
        if len(found.articles[key]) >= _FEWEST_ARTICLES:
            return Candidate(found.spelling(key), tuple(found.shown(key, len(parts))))
    return None


class _Found:
    """The names of the evidence with what speaks for each."""

    def __init__(self, asked: set[str]) -> None:
        self._asked = asked
        self._part = -1
        self.scores: dict[str, float] = defaultdict(float)
        self.articles: dict[str, set[str]] = defaultdict(set)
        self._kinds: dict[str, Counter[str]] = defaultdict(Counter)
        self._spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self._best: dict[str, dict[int, tuple[float, Evidence]]] = defaultdict(dict)
        self._read: dict[str, float] = defaultdict(float)

    def add(self, part: Part, evidence: Sequence[Evidence]) -> None:
        self._part += 1
        best: dict[str, float] = defaultdict(float)
        for item, coverage in zip(evidence, lexical_coverage(part.text, [e.text for e in evidence]), strict=True):
            article = item.passage.article
            weight = coverage * (_OTHER_OUTLET if part.sources and article.source not in part.sources else 1.0)
            for text, share in ((item.text, 1.0), (article.title, _FROM_TITLE)):
                for name, kind in _names(text):
                    key = name.lower()
                    if all(word in self._asked for word in key.split()):
                        continue
                    self._kinds[key][kind] += 1
                    self._spellings[key][name] += 1
                    self.articles[key].add(article.id)
                    best[key] = max(best[key], share * weight)
                    if share == 1.0:
                        self._keep(key, weight, item)
        for key, value in best.items():
            self.scores[key] += value

    def merge(self) -> None:
        """Count a last name or an acronym as the name that it is short for."""
        for short in sorted(self.scores, key=len):
            longer = [key for key in self.scores if _is_short_for(short, key)]
            if not longer:
                continue
            full = max(longer, key=lambda key: self.scores[key])
            self.scores[full] += self.scores.pop(short)
            self.articles[full] |= self.articles[short]
            self._kinds[full] += self._kinds[short]
            for part, (weight, item) in self._best[short].items():
                self._part = part
                self._keep(full, weight, item)

    def hear(self, texts: Sequence[str], spans: Sequence[ReaderSpan]) -> None:
        """Count what the reader found for one question, in each text, for the names that it is."""
        said = [
            (set(_said(text[span.start : span.end])), span.answerable)
            for text, span in zip(texts, spans, strict=True)
        ]
        for key in self.scores:
            name = set(_said(key))
            self._read[key] += max(
                (sure for found, sure in said if found and (name <= found or found <= name)), default=0.0
            )

    def _keep(self, key: str, weight: float, item: Evidence) -> None:
        held = self._best[key].get(self._part)
        if held is None or weight > held[0]:
            self._best[key][self._part] = (weight, item)

    def score(self, key: str, wanted: frozenset[str]) -> float:
        """Give what speaks for a name: its parts, its articles, the reader, and whether its kind is asked for."""
        kind = next((k for k, _ in self._kinds[key].most_common() if k), "")
        fit = 1.0 if not wanted else _FITS if kind in wanted else _MISFITS if kind else _UNKNOWN
        read = 1 + _READ_WEIGHT * self._read[key]
        return float(self.scores[key] * len(self.articles[key]) ** 0.5 * fit * read)

    def spelling(self, key: str) -> str:
        return self._spellings[key].most_common(1)[0][0]

    def shown(self, key: str, parts: int) -> Iterator[Evidence]:
        given: list[Evidence] = []
        for part in range(parts):
            held = self._best[key].get(part)
            if held is not None and held[1] not in given:
                given.append(held[1])
                yield held[1]


def _is_short_for(short: str, name: str) -> bool:
    parts = name.split()
    if short == name or len(parts) < 2:
        return False
    return short == parts[-1] or (len(short) > 1 and short == "".join(part[0] for part in parts))


def _asked_kind(question: str) -> tuple[str, frozenset[str]]:
    """Give the words that ask for a name, as "which company", and the kinds of name that they ask for."""
    found = ((m.group(), kinds) for pattern, kinds in _ASKED_KINDS if (m := pattern.search(question)))
    return next(found, ("", frozenset()))


def _one_by_one(question: str, parts: Sequence[Part]) -> list[str]:
    """Give a question, and its parts as questions: "Which company" and "faces a lawsuit over its store"."""
    opening = re.sub(r"^(?:[\s,:;]|and\b)+", "", _asked_kind(question)[0] or "who")
    opening = opening[:1].upper() + opening[1:]
    alone = [part.text.rstrip("? ") for part in parts]
    begun = [t if t.lower().startswith(opening.lower()) else f"{opening} {t}" for t in alone]
    return [question, *(f"{text}?" for text in begun)]


def _said(text: str) -> list[str]:
    return [word.lower() for word in words(text)]


def _names(text: str) -> Iterator[tuple[str, str]]:
    """Give the names of a text, each with the kind that the parser takes it for ("" where it does not say)."""
    run: list[Token] = []
    for token in parse(squeeze(plain_quotes(text))):
        if token.pos == "PROPN" and token.text[:1].isupper() and token.entity not in ("DATE", "TIME"):
            run.append(token)
            continue
        if run:
            yield _joined(run)
        run = []
    if run:
        yield _joined(run)


def _joined(run: Sequence[Token]) -> tuple[str, str]:
    kinds = Counter(token.entity for token in run if token.entity)
    return " ".join(token.text for token in run), kinds.most_common(1)[0][0] if kinds else ""

"""Grounding: each sentence of a draft is checked against the evidence, and code places the citations.

A sentence stands only if its numbers, names and quotations stand in evidence, and enough of its words do.
What fails is taken back; if nothing is left, the best evidence is quoted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.claims import missing_claims
from qa.evidence import texts_of
from qa.models import Citation, Evidence, Support, SupportStatus
from qa.prompts import SHORT_LABEL
from qa.text import plain_quotes, sentence_spans, squeeze, stems, words

# Share of a sentence's words that its evidence must hold, chosen on the dev splits.
_MIN_OVERLAP = 0.5
_MOST_CITED = 3  # pieces of evidence behind one sentence
_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_NEGATIONS = frozenset("no not never none nor neither without cannot nobody nothing".split())
_DECLINES = re.compile(
    r"\b(?:(?:do|does|did)(?:n't| not) (?:say|mention|state|specify|provide|contain|give|include|indicate)"
    r"|(?:is|are|was|were)(?:n't| not) (?:mentioned|stated|specified|provided|given|included|written|indicated)"
    r"|i (?:do not|don't) know|no information|cannot be (?:determined|answered))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Grounded:
    """A draft after its check: the text with markers, the bare answer, and what each sentence rests on."""

    text: str
    short: str
    citations: tuple[Citation, ...]
    support: tuple[Support, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, taken apart."""

    text: str
    short: str

    @property
    def declines(self) -> bool:
        """Whether the model itself says that the evidence does not answer."""
        return bool(_DECLINES.search(self.text)) or not self.text


def parse_draft(raw: str) -> Draft:
    """Take a reply apart into its sentences and the bare answer; markers the model wrote are dropped."""
    text, _, short = raw.partition(SHORT_LABEL)
    first_line = next(iter(short.strip().splitlines()), "")
    return Draft(squeeze(_MARKER.sub("", text)), squeeze(_MARKER.sub("", first_line)).rstrip("."))


def settled(raw: str) -> tuple[str, str]:
    """Split a growing reply into its finished sentences and the part of the next one that may be shown.

    What may still grow is left out: the last word, a number before its unit, an open quotation, the label.

    Returns:
        The finished sentences, and the whole words of the unfinished one; either may be empty.
    """
    if SHORT_LABEL in raw:
        return squeeze(_MARKER.sub("", raw.partition(SHORT_LABEL)[0])), ""
    *lines, last = raw.split("\n")
    if lines and SHORT_LABEL.startswith(last.strip()):
        return squeeze(_MARKER.sub("", " ".join(lines))), ""
    text = squeeze(_MARKER.sub("", " ".join([*lines, _without_open_end(last)])))
    start = max((start for start, _ in sentence_spans(text)), default=0)
    return text[:start].rstrip(), text[start:]


def _without_open_end(line: str) -> str:
    kept = line.rpartition(" ")[0]
    while re.search(r"[\d$€£][\d.,]*$", kept):
        kept = kept.rpartition(" ")[0]
    if plain_quotes(kept).count('"') % 2:
        kept = kept[: plain_quotes(kept).rfind('"')]
    return kept


class Grounder:
    """Checks drafts against one question's evidence and numbers the citations in order of use."""

    def __init__(self, evidence: Sequence[Evidence]) -> None:
        self._evidence = list(evidence)
        self._used: list[Evidence] = []

    def check(self, draft: Draft) -> Grounded:
        """Check a draft; the text is empty when no sentence of it stands."""
        kept: list[str] = []
        support: list[Support] = []
        for start, end in sentence_spans(draft.text):
            sentence = draft.text[start:end]
            backing, reason = self._backing(sentence)
            if reason:
                support.append(Support(sentence, SupportStatus.TAKEN_BACK, (), reason))
                continue
            numbers = self._number(backing)
            kept.append(_with_markers(sentence, numbers))
            support.append(Support(sentence, SupportStatus.SUPPORTED, numbers, ""))
        text = " ".join(kept)
        return Grounded(text, self._short(draft.short) if text else "", self._citations(), tuple(support))

    def preview(self, raw: str) -> str | None:
        """Give what may be shown of a growing reply: checked sentences with markers, and checked words.

        Returns:
            The text, possibly empty; None when a number, name or quotation is not in the evidence, after
            which nothing more of the reply may be shown.
        """
        finished, rest = settled(raw)
        if missing_claims(f"{finished} {rest}", texts_of(self._evidence)):
            return None
        done = Grounder(self._evidence).check(Draft(finished, "")).text
        return f"{done} {rest}".strip()

    def quote(self, reason: str) -> Grounded:
        """Answer with the words of the best evidence."""
        best = self._evidence[0]
        numbers = self._number([best])
        quotation = squeeze(best.text)
        support = Support(quotation, SupportStatus.QUOTED, numbers, reason)
        return Grounded(_with_markers(f"“{quotation}”", numbers), "", self._citations(), (support,))

    def _backing(self, sentence: str) -> tuple[list[Evidence], str]:
        """Find the evidence behind a sentence, or the reason why it cannot stand."""
        missing = missing_claims(sentence, texts_of(self._evidence))
        if missing:
            return [], f"not in the evidence: {', '.join(missing)}"
        wanted = set(stems(sentence)) or {word.lower() for word in words(sentence)}
        backing: list[Evidence] = []
        open_words, lacking = set(wanted), [sentence]
        while len(backing) < _MOST_CITED and (not backing or lacking):
            best = max(
                (item for item in self._evidence if item not in backing),
                key=lambda item: (len(open_words & _words_of(item)), item.score),
                default=None,
            )
            if best is None or (backing and not open_words & _words_of(best)):
                break
            backing.append(best)
            open_words -= _words_of(best)
            lacking = missing_claims(sentence, texts_of(backing))
        if not backing or 1 - len(open_words) / len(wanted) < _MIN_OVERLAP:
            return [], "too few of its words are in the evidence"
        if _negates(sentence) and not any(_negates(item.text) for item in backing):
            return [], "it denies something that the evidence does not deny"
        return backing, ""

    def _short(self, short: str) -> str:
        return "" if missing_claims(short, texts_of(self._evidence)) else short

    def _number(self, backing: Sequence[Evidence]) -> tuple[int, ...]:
        for item in backing:
            if item not in self._used:
                self._used.append(item)
        return tuple(sorted(self._used.index(item) + 1 for item in backing))

    def _citations(self) -> tuple[Citation, ...]:
        return tuple(
            Citation(number, item.passage, item.text, item.start, item.end)
            for number, item in enumerate(self._used, start=1)
        )


def _words_of(item: Evidence) -> set[str]:
    return set(stems(*texts_of([item])))


def _negates(text: str) -> bool:
    return any(word.lower() in _NEGATIONS or word.lower().endswith(("n't", "n’t")) for word in words(text))


def _with_markers(sentence: str, numbers: Sequence[int]) -> str:
    """Put the markers before the full stop: "The target is 2% [1]."."""
    markers = "".join(f"[{number}]" for number in numbers)
    stripped = sentence.rstrip()
    end = stripped[-1] if stripped[-1:] in ".!?" and not stripped.endswith(("”", '"')) else ""
    return f"{stripped[: len(stripped) - len(end)].rstrip()} {markers}{end}"

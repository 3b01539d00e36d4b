"""An answer as the page shows and keeps it: plain values, the words of its sources frozen in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from qa.models import Answer, Article, Citation, Passage, Stage
from qa.text import squeeze


class CardState(StrEnum):
    """What became of an article since it was quoted."""

    SAME = ""
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Card:
    """A passage that was read, in three pieces: what stands before, within and after the quoted words.

    `number` is that of its marker, 0 for a passage that is not cited; then there is no quotation.
    `start` and `end` are those of the quotation, or of the passage, in the article's text.
    """

    number: int
    article_id: str
    title: str
    outlet: str
    url: str
    published: str  # ISO 8601, or empty
    fingerprint: str
    before: str
    quote: str
    after: str
    start: int
    end: int
    why: str
    state: CardState = CardState.SAME

    @property
    def day(self) -> str:
        """The day of publication as "12 February 2025", or nothing."""
        return long_date(self.published)


@dataclass(frozen=True, slots=True)
class SupportLine:
    """What the check found for a sentence: `status` is supported, quoted or taken back."""

    sentence: str
    status: str
    citations: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer for reading, growing until `done`."""

    question: str
    query: str
    text: str = ""
    short: str = ""
    stage: str = Stage.SEARCHING.value
    done: bool = False
    provisional: bool = False
    abstained: bool = False
    stopped: bool = False
    error: str = ""
    cards: tuple[Card, ...] = ()
    also: tuple[Card, ...] = ()
    support: tuple[SupportLine, ...] = ()
    as_of: str = ""
    model: str = ""
    first_words: float | None = None
    seconds: float = 0.0
    searched: str = ""  # where an answer was looked for and not found
    suggestions: tuple[str, ...] = ()  # questions that the nearest passages answer

    @property
    def newest_uncited(self) -> Card | None:
        """The newest passage that was read and not cited, if it is of a later day than the answer."""
        if not self.as_of:
            return None
        later = [card for card in self.also if card.published[:10] > self.as_of[:10]]
        return max(later, key=lambda card: card.published, default=None)

    @property
    def of_several_days(self) -> bool:
        """Whether the cited articles are of different days, so that each figure needs its date."""
        return len({card.published[:10] for card in self.cards if card.published}) > 1

    def to_json(self) -> dict[str, Any]:
        """Give plain values for keeping."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "AnswerView":
        """Give back what `to_json` gave."""
        plain = dict(kept)
        for name in ("cards", "also"):
            plain[name] = tuple(Card(**{**card, "state": CardState(card["state"])}) for card in plain[name])
        plain["support"] = tuple(
            SupportLine(s["sentence"], s["status"], tuple(s["citations"]), s["reason"]) for s in plain["support"]
        )
        plain["suggestions"] = tuple(plain["suggestions"])
        return cls(**plain)


def view_of(answer: Answer) -> AnswerView:
    """Give an answer as the page shows it."""
    cited = {citation.passage.chunk.id for citation in answer.citations}
    return AnswerView(
        question=answer.question,
        query=answer.query,
        text=answer.text,
        short=answer.short,
        stage=answer.stage.value,
        done=answer.stage is Stage.DONE,
        provisional=answer.provisional and answer.stage is not Stage.DONE,
        abstained=answer.abstained,
        cards=tuple(_cited_card(citation) for citation in answer.citations),
        also=tuple(_read_card(passage) for passage in answer.passages if passage.chunk.id not in cited),
        support=tuple(SupportLine(s.sentence, s.status.value, s.citations, s.reason) for s in answer.support),
        as_of=answer.as_of.isoformat() if answer.as_of else "",
        model=answer.model,
        first_words=answer.timings.first_token,
        seconds=answer.timings.total,
    )


def checked_against(view: AnswerView, fingerprint_of: Callable[[str], str | None]) -> AnswerView:
    """Mark the cards whose article has changed or is gone; the words of one that is gone are left out.

    Args:
        view: as it was kept.
        fingerprint_of: gives the fingerprint of an article as it is now, None when it is gone.
    """
    return replace(
        view,
        cards=tuple(_checked(card, fingerprint_of) for card in view.cards),
        also=tuple(_checked(card, fingerprint_of) for card in view.also),
    )


def without_article(view: AnswerView, article_ids: Sequence[str]) -> AnswerView:
    """Take the words of articles out of a view: their passages, and quotations of them in the text."""
    gone = set(article_ids)
    text = view.text
    for card in view.cards:
        if card.article_id in gone and card.quote:
            text = text.replace(squeeze(card.quote), WITHDRAWN_WORDS)
    support = tuple(
        replace(line, sentence=WITHDRAWN_WORDS) if _quotes(line, view.cards, gone) else line
        for line in view.support
    )
    return replace(
        view,
        text=text,
        support=support,
        cards=tuple(_blank(card) if card.article_id in gone else card for card in view.cards),
        also=tuple(_blank(card) if card.article_id in gone else card for card in view.also),
    )


WITHDRAWN_WORDS = "(words of an article that was withdrawn)"


def long_date(moment: str) -> str:
    """Give an ISO 8601 moment as "12 February 2025", or nothing."""
    if not moment:
        return ""
    day = datetime.fromisoformat(moment)
    return f"{day.day} {day:%B %Y}"


def why_found(passage: Passage) -> str:
    """Say why a passage was found, in words a reader understands."""
    why = passage.why
    reasons = []
    if why.keyword_rank is not None:
        reasons.append(f"by its words (place {why.keyword_rank})")
    if why.dense_rank is not None:
        alike = f", {round(100 * why.cosine)}% alike" if why.cosine is not None else ""
        reasons.append(f"by its meaning (place {why.dense_rank}{alike})")
    return f"Found {' and '.join(reasons)}." if reasons else "Found for a part of the question."


def _cited_card(citation: Citation) -> Card:
    article, chunk = citation.passage.article, citation.passage.chunk
    start, end = min(chunk.start, citation.start), max(chunk.end, citation.end)
    return Card(
        number=citation.number,
        before=article.text[start : citation.start],
        quote=article.text[citation.start : citation.end],
        after=article.text[citation.end : end],
        start=citation.start,
        end=citation.end,
        why=why_found(citation.passage),
        **_about(article),
    )


def _read_card(passage: Passage) -> Card:
    chunk = passage.chunk
    return Card(
        number=0,
        before=chunk.text,
        quote="",
        after="",
        start=chunk.start,
        end=chunk.end,
        why=why_found(passage),
        **_about(passage.article),
    )


def _about(article: Article) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "title": squeeze(article.title) or article.id,
        "outlet": article.source,
        "url": article.url,
        "published": article.published_at.isoformat() if article.published_at else "",
        "fingerprint": article.fingerprint,
    }


def _checked(card: Card, fingerprint_of: Callable[[str], str | None]) -> Card:
    now = fingerprint_of(card.article_id)
    if now is None:
        return _blank(card)
    return replace(card, state=CardState.SAME if now == card.fingerprint else CardState.CHANGED)


def _blank(card: Card) -> Card:
    return replace(card, before="", quote="", after="", state=CardState.WITHDRAWN)


def _quotes(line: SupportLine, cards: Sequence[Card], gone: set[str]) -> bool:
    quoted = {squeeze(card.quote) for card in cards if card.article_id in gone}
    return line.sentence in quoted

"""The types that flow through the pipeline, all frozen, in the order in which they come to be."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Article:
    """One news story as published.

    `id` is the front matter's id, else the URL, else root folder and relative path. `fingerprint` is the
    sha256 of the normalised content: equal fingerprints mean that nothing needs to be done.
    """

    id: str
    title: str
    text: str
    url: str
    source: str  # the outlet
    author: str
    published_at: datetime | None
    fingerprint: str
    origin: str  # where it was read from: an absolute path


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit that is stored and embedded: `article.text[start:end] == text`, in code points."""

    id: str
    article_id: str
    position: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles to list; empty: all."""

    sources: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    title: str = ""  # a part of the title, in any case
    limit: int = -1  # -1: no limit
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ArticleListing:
    """An article as it is listed: without its text."""

    id: str
    title: str
    source: str
    author: str
    url: str
    published_at: datetime | None
    ingested_at: datetime
    origin: str
    characters: int
    chunks: int
    copies: int  # near-duplicates of it in the index


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or an address that could not be read as an article, and has not been since."""

    origin: str
    reason: str
    attempts: int
    set_aside: bool  # watching has given up on it until it changes
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: among some outlets (empty: all) and days of publication (None: no limit)."""

    sources: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Why:
    """Why a passage was found: its 1-based ranks in the two searches (None: not found by it)."""

    keyword_rank: int | None
    dense_rank: int | None
    cosine: float | None  # similarity of chunk and query, -1 to 1


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as retrieved. `score` is the fused reciprocal-rank score, `rank` counts from 1."""

    chunk: Chunk
    article: Article
    score: float
    rank: int
    why: Why
    also_published_by: tuple[Article, ...] = ()  # near-duplicates that say the same, collapsed into this one


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a passage, or two, that bear on the query; offsets are into the article's text."""

    passage: Passage
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """The words of the span."""
        return self.passage.article.text[self.start : self.end]

    @property
    def place(self) -> tuple[str, int, int]:
        """The article's id and the span: the same for the same words, whatever query found them."""
        return (self.passage.article.id, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Worked:
    """What code works out of two figures, days or answers, and how: "86 million", "498 million − 412 million"."""

    text: str
    how: str


@dataclass(frozen=True, slots=True)
class Citation:
    """What a `[number]` in an answer points to: `passage.article.text[start:end] == quote`."""

    number: int
    passage: Passage
    quote: str
    start: int
    end: int


class SupportStatus(StrEnum):
    """What the grounding check found for a sentence of the answer."""

    SUPPORTED = "supported"
    QUOTED = "quoted"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class Support:
    """The finding for one sentence. A sentence taken back is not in the answer's text."""

    sentence: str
    status: SupportStatus
    citations: tuple[int, ...]
    reason: str  # why it was taken back or quoted; empty when supported


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation with its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the question came in: to the first words of the answer, to its end, to the first quotation.

    `first_token` and `quotation` are None until there is such text.
    """

    first_token: float | None
    total: float
    quotation: float | None = None


class Stage(StrEnum):
    """What the pipeline is doing while an answer grows."""

    SEARCHING = "searching"
    READING = "reading"
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, growing while streamed; `stage` is DONE on the last one."""

    question: str
    query: str
    text: str = ""
    short: str = ""  # the bare answer: a name, a figure, "Yes"; empty where there is none
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    abstained: bool = False
    # That it is right, 0 to 1; of an abstention, that the best draft is which was refused, and 0 where none stood.
    confidence: float | None = None
    support: tuple[Support, ...] = ()
    as_of: datetime | None = None  # the date of the newest cited article
    timings: Timings = field(default_factory=lambda: Timings(None, 0.0))
    model: str = ""
    stage: Stage = Stage.SEARCHING
    provisional: bool = False  # the text is the best quotation, shown until there is an answer

    def to_json(self) -> dict[str, Any]:
        """Give the flat object that `newsdesk ask --json` prints (docs/json.md)."""
        return {
            "question": self.question,
            "query": self.query,
            "text": self.text,
            "short": self.short,
            "abstained": self.abstained,
            "confidence": self.confidence,
            "citations": [_citation_json(c) for c in self.citations],
            "passages": [_passage_json(p) for p in self.passages],
            "support": [
                {
                    "sentence": s.sentence,
                    "status": s.status.value,
                    "citations": list(s.citations),
                    "reason": s.reason,
                }
                for s in self.support
            ],
            "as_of": _iso(self.as_of),
            "timings": {
                "first_token": self.timings.first_token,
                "total": self.timings.total,
                "quotation": self.timings.quotation,
            },
            "model": self.model,
        }


def _citation_json(citation: Citation) -> dict[str, Any]:
    article = citation.passage.article
    return {
        "number": citation.number,
        "article_id": article.id,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "published_at": _iso(article.published_at),
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
    }


def _passage_json(passage: Passage) -> dict[str, Any]:
    return {
        "article_id": passage.article.id,
        "title": passage.article.title,
        "text": passage.chunk.text,
        "score": passage.score,
        "also_published_by": [
            {"article_id": copy.id, "title": copy.title, "source": copy.source, "url": copy.url}
            for copy in passage.also_published_by
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

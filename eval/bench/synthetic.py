"""Articles and vectors made up by rule: as many as wanted, the same each time, words as unequal as English."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from qa.catalog import ArticleRecord
from qa.embeddings import EmbeddingModel
from qa.models import Article, Chunk
from qa.text import STOP_WORDS

DIMENSION = 384
CHUNKS_PER_ARTICLE = 8
_WORDS_PER_CHUNK = 120
_VOCABULARY = 60_000
_TOPICS = 300  # vectors gather around so many points, as those of real articles do
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru sta pla".split()


@dataclass(frozen=True, slots=True)
class SyntheticQuery:
    """A question about a chunk: some of its words, and a vector near its own."""

    text: str
    long_text: str  # with 25 words of it, as questions over several articles have
    vector: np.ndarray


class SyntheticModel(EmbeddingModel):
    """Stands for a model whose vectors are given; it embeds nothing."""

    def __init__(self) -> None:
        self.name = "synthetic"
        self.sha256 = "synthetic"
        self.dimension = DIMENSION
        self.max_tokens = 256

    def embed(self, texts: list[str]) -> np.ndarray:
        """Never asked: vectors come ready-made."""
        raise AssertionError("a bench of ready-made vectors embeds nothing")

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Never asked: chunks come ready-made."""
        raise AssertionError("a bench of ready-made chunks cuts nothing")


class SyntheticNews:
    """Makes articles of eight chunks, whose words follow Zipf's law, the commonest being English stop words."""

    def __init__(self, seed: int = 7) -> None:
        self._random = np.random.default_rng(seed)
        stop = sorted(STOP_WORDS)
        self._words = np.array([*stop, *(_word(n) for n in range(_VOCABULARY - len(stop)))])
        weights = 1.0 / (np.arange(_VOCABULARY) + 2.7)
        self._cumulated = np.cumsum(weights / weights.sum())
        self._stop = len(stop)
        self._topics = self._unit(self._random.standard_normal((_TOPICS, DIMENSION)))

    def records(self, chunks: int) -> Iterator[ArticleRecord]:
        """Give articles until they have so many chunks together."""
        for number in range(-(-chunks // CHUNKS_PER_ARTICLE)):
            yield self._record(number, min(CHUNKS_PER_ARTICLE, chunks - number * CHUNKS_PER_ARTICLE))

    def query(self, record: ArticleRecord) -> SyntheticQuery:
        """Ask for one of an article's chunks, with some words of it that are no stop words."""
        at = int(self._random.integers(len(record.chunks)))
        stop = set(self._words[: self._stop])
        content = [word for word in record.chunks[at].text.rstrip(".").split() if word not in stop]
        short, long = (self._random.choice(content, size=min(n, len(content)), replace=False) for n in (5, 25))
        noise = self._random.standard_normal(DIMENSION) * 0.02
        vector = self._unit((record.vectors[at] + noise)[None, :])[0]
        short_text, long_text = ("What did the " + " ".join(chosen) + " say?" for chosen in (short, long))
        return SyntheticQuery(short_text, long_text, vector)

    def _record(self, number: int, chunks: int) -> ArticleRecord:
        texts = [" ".join(self._draw(_WORDS_PER_CHUNK)) + "." for _ in range(chunks)]
        text = "\n\n".join(texts)
        article = Article(
            id=f"synthetic/{number}",
            title=" ".join(self._draw(9)),
            text=text,
            url="",
            source=f"Outlet {number % 40}",
            author="",
            published_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            fingerprint=f"{number:064x}",
            origin=f"synthetic/{number}",
        )
        cut, start = [], 0
        for position, part in enumerate(texts):
            chunk_id = f"{article.id}#{article.fingerprint[:12]}.{position}"
            cut.append(Chunk(chunk_id, article.id, position, start, start + len(part), part))
            start += len(part) + 2
        topic = self._topics[number % _TOPICS]
        vectors = self._unit(topic + self._random.standard_normal((chunks, DIMENSION)) * 0.05)
        return ArticleRecord(article, cut, vectors.astype(np.float32))

    def _draw(self, count: int) -> list[str]:
        return list(self._words[np.searchsorted(self._cumulated, self._random.random(count))])

    @staticmethod
    def _unit(rows: np.ndarray) -> np.ndarray:
        unit: np.ndarray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _word(number: int) -> str:
    """Give the number as syllables: a word of its own for each."""
    parts = []
    number += len(_SYLLABLES)
    while number:
        number, rest = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[rest])
    return "".join(parts)

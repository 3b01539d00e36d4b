"""Near-duplicates among the hits: copies of one report become one passage, "also published by" the others.

Only what says the same is collapsed. A correction ("14 people" for "12 people") and outlets that disagree look
like copies to any measure of resemblance; they stay apart, because each sentence is compared with its
counterpart: numbers, names and dates must be the same, in the same order, and neither may deny the other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from qa.bindings import contradiction
from qa.claims import name_words, numbers
from qa.models import Article, Chunk
from qa.newstime import resolved_days
from qa.text import plain_quotes, sentence_spans, squeeze, stems, words

_COUNTERPART = 0.6  # shared stems, of all stems, from which on two sentences are versions of one
_FEWEST_WORDS = 3  # of a sentence that says something ("Read more.")


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    flat: str  # to find it again whatever the quotation marks and spaces
    stems: frozenset[str]
    days: tuple[date, ...]  # that its relative days mean


def collapse(
    chunk_ids: Sequence[str],
    known: Mapping[str, tuple[Chunk, Article]],
    near: Collection[tuple[str, str]],
    named: Collection[str] = (),
) -> tuple[list[str], dict[str, tuple[Article, ...]]]:
    """Leave out chunks that say what a better one of a near-duplicate says.

    Args:
        chunk_ids: hits, best first.
        known: chunk and article of each.
        near: pairs of ids of near-duplicate articles, in both orders.
        named: outlets that the question asks for; their passages always stay.

    Returns:
        The hits that stay, in order, and for some of them the articles that say the same.
    """
    if not near:
        return list(chunk_ids), {}
    kept: list[str] = []
    copies: dict[str, dict[str, Article]] = {}
    read = _Reader()
    for chunk_id in chunk_ids:
        chunk, article = known[chunk_id]
        host = None
        if article.source not in named:
            rivals = [k for k in kept if (known[k][1].id, article.id) in near]
            host = _host(chunk, article, [known[k] for k in rivals], read)
        if host is None:
            kept.append(chunk_id)
        else:
            copies.setdefault(host, {})[article.id] = article
    return kept, {chunk_id: tuple(found.values()) for chunk_id, found in copies.items()}


def _host(chunk: Chunk, article: Article, rivals: Sequence[tuple[Chunk, Article]], read: "_Reader") -> str | None:
    """Give the id of the chunk that a copy is collapsed into, or None."""
    for other_id in dict.fromkeys(other.id for _, other in rivals):
        chunks = [c for c, other in rivals if other.id == other_id]
        other = next(a for _, a in rivals if a.id == other_id)
        own = read.sentences(article, chunk)
        theirs = [sentence for c in chunks for sentence in read.sentences(other, c)]
        if not own or not _all_there(own, theirs) or not _titles_agree(article, other):
            continue
        # Of the chunks that hold it together, the one that shares most; all it says must be in the copy too.
        best = max(chunks, key=lambda c: len(_flats(read.sentences(other, c)) & _flats(own)))
        if _all_there(read.sentences(other, best), read.sentences(article)):
            return best.id
    return None


class _Reader:
    """Cuts texts into sentences, each article once."""

    def __init__(self) -> None:
        self._read: dict[str, list[tuple[int, int, _Sentence]]] = {}

    def sentences(self, article: Article, chunk: Chunk | None = None) -> list[_Sentence]:
        if article.id not in self._read:
            published = article.published_at.date() if article.published_at else None
            spans = sentence_spans(article.text)
            self._read[article.id] = [(s, e, _sentence(article.text[s:e], published)) for s, e in spans]
        start, end = (chunk.start, chunk.end) if chunk else (0, len(article.text))
        inside = [sentence for s, e, sentence in self._read[article.id] if s < end and e > start]
        return [sentence for sentence in inside if len(words(sentence.text)) >= _FEWEST_WORDS]


def _sentence(text: str, published: date | None) -> _Sentence:
    days = tuple(found.day for found in resolved_days(text, published))
    return _Sentence(text, squeeze(plain_quotes(text)).lower(), frozenset(stems(text)), days)


def _flats(sentences: Sequence[_Sentence]) -> set[str]:
    return {sentence.flat for sentence in sentences}


def _all_there(sentences: Sequence[_Sentence], others: Sequence[_Sentence]) -> bool:
    """Tell whether each sentence has a counterpart that says the same."""
    return all(_has_counterpart(sentence, others) for sentence in sentences)


def _has_counterpart(sentence: _Sentence, others: Sequence[_Sentence]) -> bool:
    same = [other for other in others if other.flat == sentence.flat]
    if same:
        return any(other.days == sentence.days for other in same)
    best = max(others, key=lambda other: _resemblance(sentence, other), default=None)
    return best is not None and _resemblance(sentence, best) >= _COUNTERPART and _agree(sentence, best)


def _resemblance(a: _Sentence, b: _Sentence) -> float:
    return len(a.stems & b.stems) / max(1, len(a.stems | b.stems))


def _agree(a: _Sentence, b: _Sentence) -> bool:
    if numbers(a.text) != numbers(b.text) or a.days != b.days:
        return False
    if [n.lower() for n in name_words(a.text)] != [n.lower() for n in name_words(b.text)]:
        return False
    return contradiction(a.text, [b.text]) is None and contradiction(b.text, [a.text]) is None


def _titles_agree(a: Article, b: Article) -> bool:
    """Tell whether each headline's figures stand in the other article."""
    return set(numbers(a.title)) <= set(numbers(f"{b.title}\n{b.text}")) and set(numbers(b.title)) <= set(
        numbers(f"{a.title}\n{a.text}")
    )

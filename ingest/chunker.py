"""Cut an article into chunks: whole sentences, exact offsets, sizes in the embedding model's own tokens.

When the cutting changes, raise `qa.catalog.CHUNKER_VERSION`: chunks of two kinds must not mix in an index.
"""

import bisect
import itertools
from collections.abc import Callable

from qa.models import Article, Chunk
from qa.text import sentence_spans

Span = tuple[int, int]
TokenOffsets = Callable[[str], list[Span]]


def chunk_article(article: Article, token_offsets: TokenOffsets, *, size: int, overlap: int) -> list[Chunk]:
    """Cut an article.

    Args:
        article: what to cut.
        token_offsets: gives the (start, end) of each token of a text.
        size: tokens in a chunk at most; a longer sentence is cut between tokens.
        overlap: tokens of whole sentences repeated from the chunk before, at most.

    Returns:
        Chunks in order; together they hold every sentence, and
        `article.text[chunk.start:chunk.end] == chunk.text`.
    """
    starts = [start for start, _ in token_offsets(article.text)]
    pieces = [piece for span in sentence_spans(article.text) for piece in _cut_sentence(span, starts, size)]
    spans = _pack(pieces, starts, size=size, overlap=overlap)
    return [
        Chunk(
            id=f"{article.id}#{article.fingerprint[:12]}.{position}",
            article_id=article.id,
            position=position,
            start=start,
            end=end,
            text=article.text[start:end],
        )
        for position, (start, end) in enumerate(spans)
    ]


def _tokens(start: int, end: int, starts: list[int]) -> int:
    return bisect.bisect_left(starts, end) - bisect.bisect_left(starts, start)


def _cut_sentence(span: Span, starts: list[int], size: int) -> list[Span]:
    """Cut a sentence that is too long by itself (a table, a list without full stops)."""
    start, end = span
    first, last = bisect.bisect_left(starts, start), bisect.bisect_left(starts, end)
    if last - first <= size:
        return [span]
    cuts = [start, *(starts[token] for token in range(first + size, last, size)), end]
    return list(itertools.pairwise(cuts))


def _pack(pieces: list[Span], starts: list[int], *, size: int, overlap: int) -> list[Span]:
    spans: list[Span] = []
    current: list[Span] = []
    for piece in pieces:
        if current and _tokens(current[0][0], piece[1], starts) > size:
            spans.append((current[0][0], current[-1][1]))
            current = _tail(current, piece, starts, size=size, overlap=overlap)
        current.append(piece)
    if current:
        spans.append((current[0][0], current[-1][1]))
    return spans


def _tail(current: list[Span], piece: Span, starts: list[int], *, size: int, overlap: int) -> list[Span]:
    """Give the last sentences of a full chunk that the next one repeats, as far as they fit with `piece`."""
    kept: list[Span] = []
    for span in reversed(current[1:]):
        fits = _tokens(span[0], piece[1], starts) <= size
        if not fits or _tokens(span[0], current[-1][1], starts) > overlap:
            break
        kept.insert(0, span)
    return kept

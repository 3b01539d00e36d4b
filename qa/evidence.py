"""Evidence: the few sentences of the passages that bear on the query.

A small model reads slowly and rambles on long prompts, so it is given sentences, not passages. With a
large budget all sentences of the passages fit, and a large model gets them whole: one code path.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from qa.answer_type import answer_types, holds_type
from qa.embeddings import EmbeddingModel
from qa.inert import talks_to_machine
from qa.models import Evidence, Passage
from qa.prompts import describe, shown_text
from qa.question import Part
from qa.reader import ReaderSpan
from qa.text import leans_on_previous, sentence_spans, stems

# Weights of a sentence's score, chosen on the dev splits by `eval/fit.py evidence`.
_DENSE_WEIGHT = 0.5
_RANK_WEIGHT = 0.2
_AROUND_WEIGHT = 0.4
_TYPE_WEIGHT = 0.2
_READER_WEIGHT = 1.5  # times the probability that the reader's answer, which stands in the sentence, is one
# A sentence that scores below this share of the best one only slows the model down: on the dev questions
# the floor finds the same proofs with a sixth fewer tokens. A larger budget lowers it, so that a large model
# is given whole passages.
_FLOOR = 0.38
_FLOOR_BUDGET = 240  # tokens
_OUTLET_BONUS = 0.3  # for a sentence of the outlet that a part names
_PER_ARTICLE = 3  # sentences of one article, in a question of several parts
_CANDIDATES = 64  # sentences scored at most; more cost time and are never chosen
_MOST_RANKED = 160  # sentences ranked for a timeline or a summary
_WHOLE_BUDGET = 420  # tokens of passages that are read whole; of the best one all is read
_MOST_WHOLE = 3  # such passages
_CHARS_PER_TOKEN = 4.5  # English news prose with the embedded models' tokenizers


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    start: int
    end: int
    before: tuple[int, int] | None  # the sentence before it in the article, within the passage
    after: tuple[int, int] | None  # the one after it

    @property
    def text(self) -> str:
        return self.passage.article.text[self.start : self.end]

    @property
    def around(self) -> str:
        """The article's title and the sentences beside it, itself included."""
        article = self.passage.article
        start = self.before[0] if self.before else self.start
        end = self.after[1] if self.after else self.end
        return f"{article.title}\n{article.text[start:end]}"


def select_evidence(
    query: str,
    passages: Sequence[Passage],
    embeddings: EmbeddingModel,
    budget: int,
    parts: Sequence[Part] = (),
    question: str = "",
    spans: Mapping[str, ReaderSpan] = MappingProxyType({}),
) -> list[Evidence]:
    """Choose the sentences to read.

    Args:
        query: the standalone query.
        passages: as retrieved, best first.
        embeddings: for the likeness of sentence and query.
        budget: tokens of evidence at most (at least one sentence is always given).
        parts: what the query asks about; of several, each in turn gives its best sentence.
        question: as typed, which tells the type of the answer; empty: the query.
        spans: what the reader found in the passages, by the ids of their chunks; the sentences there come first.

    Returns:
        Evidence, best first. A sentence that begins with a pronoun brings the one before it.
    """
    candidates = _candidates(passages)[:_CANDIDATES]
    if not candidates:
        return []
    several = list(parts) if len(parts) > 1 else []
    rows = _scores([query, *(part.text for part in several)], candidates, embeddings, question or query)
    rows[0] += [_READER_WEIGHT * _read_there(candidate, passages, spans) for candidate in candidates]
    for row, part in zip(rows[1:], several, strict=True):
        row += [_OUTLET_BONUS * (c.passage.article.source in part.sources) for c in candidates]
    return _fill(candidates, rows, budget)


def whole_passages(passages: Sequence[Passage], spans: Mapping[str, ReaderSpan]) -> list[Evidence]:
    """Choose passages to read whole: those in which the reader is likeliest to have found the answer.

    Args:
        passages: as retrieved, best first.
        spans: what the reader found in them, by the ids of their chunks; the others are left out.

    Returns:
        All sentences of the chosen passages, passage by passage, the likeliest first.
    """
    read = [p for p in passages if p.chunk.id in spans]
    likeliest = sorted(read, key=lambda p: -spans[p.chunk.id].log_odds)
    wholes = [Evidence(p, p.chunk.start, p.chunk.end, spans[p.chunk.id].answerable) for p in likeliest]
    chosen = [item.passage for item in within_budget(wholes, _WHOLE_BUDGET)[:_MOST_WHOLE]]
    return [Evidence(s.passage, s.start, s.end, spans[s.passage.chunk.id].answerable) for s in _candidates(chosen)]


def left_out(evidence: Sequence[Evidence], read: Sequence[Evidence]) -> list[Evidence]:
    """Give the pieces of evidence that do not stand in what was read."""
    return [item for item in evidence if not _covered(item, read)]


def rank_sentences(
    query: str, passages: Sequence[Passage], embeddings: EmbeddingModel, question: str = ""
) -> list[Evidence]:
    """Give the sentences of passages, best first, each with its score and without the sentence before it.

    Args:
        query: what they should be about.
        passages: as retrieved, best first.
        embeddings: for the likeness of sentence and query.
        question: as typed, which tells the type of the answer; empty: any.
    """
    candidates = sorted(_candidates(passages), key=lambda c: c.passage.rank)[:_MOST_RANKED]
    if not candidates:
        return []
    (row,) = _scores([query], candidates, embeddings, question)
    order = np.argsort(-row, kind="stable")
    return [
        Evidence(candidates[i].passage, candidates[i].start, candidates[i].end, float(row[i]))
        for i in map(int, order)
    ]


def within_budget(evidence: Sequence[Evidence], budget: int) -> list[Evidence]:
    """Give the best pieces of evidence that fit in a budget of tokens, in their order; at least one of them."""
    chosen: list[Evidence] = []
    left = budget * _CHARS_PER_TOKEN
    for item in evidence:
        if not chosen or len(item.text) <= left:
            chosen.append(item)
            left -= len(item.text)
    return chosen


def _fill(candidates: Sequence[_Sentence], rows: Sequence[np.ndarray], budget: int) -> list[Evidence]:
    """Take sentences from the orders of the whole query and of its parts in turn, until the budget is used."""
    share = _FLOOR * min(1.0, _FLOOR_BUDGET / budget)
    queues = [[int(i) for i in np.argsort(-row, kind="stable") if row[i] >= share * row.max()] for row in rows]
    chosen: list[Evidence] = []
    left = budget * _CHARS_PER_TOKEN
    while any(queues):
        for queue, row in zip(queues, rows, strict=True):
            item = _next(queue, row, candidates, chosen, left, spread=len(rows) > 1)
            if item is not None:
                chosen.append(item)
                left -= len(item.text)
    return _without_nested(chosen)


def _next(
    queue: list[int],
    row: np.ndarray,
    candidates: Sequence[_Sentence],
    chosen: Sequence[Evidence],
    left: float,
    *,
    spread: bool,
) -> Evidence | None:
    """Take the next sentence of a queue that is new and fits; the queue loses what was looked at."""
    while queue:
        index = queue.pop(0)
        item = _with_antecedent(candidates[index], float(row[index]))
        if _covered(item, chosen) or (chosen and len(item.text) > left):
            continue
        if spread and _of_article(item, chosen) >= _PER_ARTICLE:
            continue
        return item
    return None


def _of_article(item: Evidence, chosen: Sequence[Evidence]) -> int:
    return sum(other.passage.article.id == item.passage.article.id for other in chosen)


def lexical_coverage(query: str, texts: Sequence[str]) -> list[float]:
    """Give, for each text, the share of the query's words it holds, rarer words among the texts counting more.

    Returns:
        Numbers from 0 to 1, one per text; a word that no text holds counts as the rarest.
    """
    wanted = set(stems(query))
    if not wanted:
        return [0.0 for _ in texts]
    held = [wanted & set(stems(text)) for text in texts]
    frequency = Counter(word for words in held for word in words)
    weight = {word: math.log(1 + len(texts) / (0.5 + frequency[word])) for word in wanted}
    total = sum(weight.values())
    return [sum(weight[word] for word in words) / total for words in held]


def by_coverage(query: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Give evidence in the order of how much of a query's words it has; what is alike stays in its order."""
    coverage = lexical_coverage(query, [item.text for item in evidence])
    return [evidence[i] for i in sorted(range(len(evidence)), key=lambda i: -coverage[i])]


def texts_of(evidence: Sequence[Evidence]) -> list[str]:
    """Give the texts in which claims may stand: each piece of evidence under its article's heading.

    The question is not among them: what only the question says proves nothing ("Is the target 4%?").
    """
    return ["\n".join((describe(item.passage.article), *_as_read(item))) for item in evidence]


def _as_read(item: Evidence) -> list[str]:
    """Give a piece of evidence as the model reads it, and as it stands, which somebody may quote."""
    shown = shown_text(item)
    return [shown] if shown == item.text else [shown, item.text]


def _candidates(passages: Sequence[Passage]) -> list[_Sentence]:
    found: dict[tuple[str, int, int], _Sentence] = {}
    for passage in passages:
        first = passage.chunk.start
        spans = [(first + start, first + end) for start, end in sentence_spans(passage.chunk.text)]
        # An instruction to the machine is left out, and nothing reaches over it.
        kept = [None if talks_to_machine(passage.article.text[slice(*span)]) else span for span in spans]
        for before, span, after in zip([None, *kept], kept, [*kept[1:], None], strict=False):
            if span is not None:
                found.setdefault((passage.article.id, *span), _Sentence(passage, *span, before, after))
    return list(found.values())


def _scores(
    queries: Sequence[str], candidates: Sequence[_Sentence], embeddings: EmbeddingModel, question: str
) -> list[np.ndarray]:
    """Score the sentences for each query.

    What a sentence is about often stands beside it: in the sentences around it or in the title. And one that holds
    nothing of the type that is asked for, such as a date, is no answer.
    """
    texts = [sentence.text for sentence in candidates]
    around = [sentence.around for sentence in candidates]
    vectors = embeddings.embed([*queries, *texts])
    ranks = np.array([1.0 / sentence.passage.rank for sentence in candidates])
    kinds = answer_types(question)
    typed = np.array([any(holds_type(text, kind, question) for kind in kinds) for text in texts], dtype=float)
    found = []
    for query, vector in zip(queries, vectors, strict=False):
        coverage = np.array(lexical_coverage(query, texts))
        nearby = np.maximum(coverage, np.array(lexical_coverage(query, around)))
        likeness = vectors[len(queries) :] @ vector
        found.append(
            coverage
            + _AROUND_WEIGHT * nearby
            + _TYPE_WEIGHT * typed
            + _DENSE_WEIGHT * likeness
            + _RANK_WEIGHT * ranks
        )
    return found


def _read_there(sentence: _Sentence, passages: Sequence[Passage], spans: Mapping[str, ReaderSpan]) -> float:
    """Give the probability, 0 to 1, of the best of the reader's answers in a sentence; 0 without any."""
    found = [
        spans[p.chunk.id].answerable
        for p in passages
        if p.chunk.id in spans
        and p.article.id == sentence.passage.article.id
        and sentence.start < p.chunk.start + spans[p.chunk.id].end
        and p.chunk.start + spans[p.chunk.id].start < sentence.end
    ]
    return max(found, default=0.0)


def _with_antecedent(sentence: _Sentence, score: float) -> Evidence:
    start = sentence.start
    if sentence.before is not None and leans_on_previous(sentence.text):
        start = sentence.before[0]
    return Evidence(sentence.passage, start, sentence.end, score)


def _covered(item: Evidence, chosen: Sequence[Evidence]) -> bool:
    return any(_holds(other, item) for other in chosen)


def _holds(outer: Evidence, inner: Evidence) -> bool:
    return (
        outer.passage.article.id == inner.passage.article.id
        and outer.start <= inner.start
        and inner.end <= outer.end
    )


def _without_nested(chosen: Sequence[Evidence]) -> list[Evidence]:
    """Drop what a later, longer piece of evidence repeats."""
    return [item for item in chosen if not any(other is not item and _holds(other, item) for other in chosen)]

"""Evidence: the few sentences of the passages that bear on the query.

A small model reads slowly and rambles on long prompts, so it is given sentences, not passages. With a
large budget all sentences of the passages fit, and a large model gets them whole: one code path.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.embeddings import EmbeddingModel
from qa.models import Evidence, Passage
from qa.prompts import describe
from qa.text import leans_on_previous, sentence_spans, stems

# Weights of a sentence's score, chosen on the dev splits by `eval/fit.py evidence`.
_DENSE_WEIGHT = 0.5
_RANK_WEIGHT = 0.2
# A sentence that scores below this share of the best one only slows the model down: on the dev questions
# the floor finds the same proofs with a third fewer tokens. A larger budget lowers it, so that a large model
# is given whole passages.
_FLOOR = 0.6
_FLOOR_BUDGET = 240  # tokens
_CANDIDATES = 48  # sentences scored at most; more cost time and are never chosen
_CHARS_PER_TOKEN = 4.5  # English news prose with the embedded models' tokenizers


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    start: int
    end: int
    before: tuple[int, int] | None  # the sentence before it in the article, within the passage

    @property
    def text(self) -> str:
        return self.passage.article.text[self.start : self.end]


def select_evidence(
    query: str, passages: Sequence[Passage], embeddings: EmbeddingModel, budget: int
) -> list[Evidence]:
    """Choose the sentences to read.

    Args:
        query: the standalone query.
        passages: as retrieved, best first.
        embeddings: for the likeness of sentence and query.
        budget: tokens of evidence at most (at least one sentence is always given).

    Returns:
        Evidence, best first. A sentence that begins with a pronoun brings the one before it.
    """
    candidates = _candidates(passages)[:_CANDIDATES]
    if not candidates:
        return []
    scores = _scores(query, candidates, embeddings)
    order = sorted(range(len(candidates)), key=lambda i: -scores[i])
    floor = _FLOOR * min(1.0, _FLOOR_BUDGET / budget) * scores[order[0]]
    chosen: list[Evidence] = []
    left = budget * _CHARS_PER_TOKEN
    for index in order:
        if scores[index] < floor:
            break
        item = _with_antecedent(candidates[index], scores[index])
        if _covered(item, chosen):
            continue
        if chosen and len(item.text) > left:
            continue
        chosen.append(item)
        left -= len(item.text)
    return _without_nested(chosen)


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


def texts_of(evidence: Sequence[Evidence]) -> list[str]:
    """Give the texts in which claims may stand: each piece of evidence under its article's heading.

    The question is not among them: what only the question says proves nothing ("Is the target 4%?").
    """
    return [f"{describe(item.passage.article)}\n{item.text}" for item in evidence]


def _candidates(passages: Sequence[Passage]) -> list[_Sentence]:
    found: dict[tuple[str, int, int], _Sentence] = {}
    for passage in passages:
        before: tuple[int, int] | None = None
        for start, end in sentence_spans(passage.chunk.text):
            span = (passage.chunk.start + start, passage.chunk.start + end)
            key = (passage.article.id, *span)
            if key not in found or found[key].before is None:
                found.setdefault(key, _Sentence(passage, *span, before))
            before = span
    return list(found.values())


def _scores(query: str, candidates: Sequence[_Sentence], embeddings: EmbeddingModel) -> list[float]:
    vectors = embeddings.embed([query, *(sentence.text for sentence in candidates)])
    cosines = vectors[1:] @ vectors[0]
    coverage = lexical_coverage(query, [sentence.text for sentence in candidates])
    ranks = np.array([1.0 / sentence.passage.rank for sentence in candidates])
    combined = np.array(coverage) + _DENSE_WEIGHT * cosines + _RANK_WEIGHT * ranks
    return [float(score) for score in combined]


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

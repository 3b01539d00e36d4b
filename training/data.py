"""Training samples without end, the same ones for the same seed: questions with windows of their context.

Half of them have an answer. The others are made so that nothing but the meaning tells them apart: where a
word of the question is exchanged, the same exchange is also made in question and window together, which
leaves the answer standing, and in the window alone, which leaves the question as a person wrote it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from training.corpus import Context, Example, Unit
from training.wordpairs import negated, opposite

_SHORT_CHARS = 500  # about 115 tokens
_LONG_CHARS = 1000  # about 225 tokens
_TRIES = 12

_T = TypeVar("_T")
Recipe = Callable[["Sampler", Example], "Sample | None"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A question and a window of text; `answer` is (start, end) in the text, or None."""

    question: str
    text: str
    answer: tuple[int, int] | None
    recipe: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A window of a context: its text, where the answer stands in it, and its place in the context."""

    text: str
    answer: tuple[int, int]
    start: int
    end: int


class Sampler:
    """Draws samples.

    Args:
        examples: the training questions, annotated.
        neighbours: for each example's id, contexts like its question that are not its own, best first.
        seed: of all draws.
    """

    def __init__(
        self, examples: Sequence[Example], neighbours: dict[str, tuple[Context, ...]], seed: int, mix: "Mix"
    ) -> None:
        self._mix = mix
        self.rng = np.random.default_rng(seed)
        self.neighbours = neighbours
        self._by_source = {s: [e for e in examples if e.context.source == s] for s in mix.sources}
        self._contexts = {
            s: list({e.context.id: e.context for e in es}.values()) for s, es in self._by_source.items()
        }
        self._order: dict[str, list[int]] = {}
        self._pools = {s: _pool(contexts) for s, contexts in self._contexts.items()}

    def __iter__(self) -> Iterator[Sample]:
        return (sample for _, sample in self.pairs())

    def pairs(self) -> Iterator[tuple[Example, Sample]]:
        """Draw samples, each with the question that it was made of."""
        while True:
            source = self.choose(list(self._mix.sources), list(self._mix.sources.values()))
            example = self._next(source)
            sample = self._draw(source, example)
            if sample is not None:
                yield example, sample

    def choose(self, values: Sequence[_T], weights: Sequence[float] | None = None) -> _T:
        """Draw one of the values."""
        if weights is None:
            return values[int(self.rng.integers(len(values)))]
        return values[int(self.rng.choice(len(values), p=np.array(weights) / sum(weights)))]

    def _next(self, source: str) -> Example:
        """Take each question of a source once before any comes again."""
        order = self._order.setdefault(source, [])
        if not order:
            order.extend(int(i) for i in self.rng.permutation(len(self._by_source[source])))
        return self._by_source[source][order.pop()]

    def _draw(self, source: str, example: Example) -> Sample | None:
        if source == "squad" and (not example.answers or self.rng.random() < self._mix.as_written):
            return as_written(self, example)
        if not example.answers:
            return None
        for _ in range(_TRIES):
            recipe = self.choose(list(self._mix.recipes), list(self._mix.recipes.values()))
            sample = recipe(self, example)
            if sample is not None:
                return sample
        return None

    def other_context(self, example: Example) -> Context:
        """Draw any context of the example's source but its own."""
        while True:
            context = self.choose(self._contexts[example.context.source])
            if context.id != example.context.id:
                return context

    def limit(self) -> int:
        """Draw the largest size of a window, in characters."""
        return _LONG_CHARS if self.rng.random() < self._mix.long else _SHORT_CHARS

    def substitute(self, unit: Unit, context: Context, taken: str) -> str | None:
        """Draw another text of the unit's kind: from the context where it has one, else from its source.

        Args:
            unit: what is to be replaced.
            context: of the question.
            taken: the question and its answer, lower case; nothing that stands in them is drawn.
        """
        if unit.kind == "DATE" and (moved := self._moved_year(unit.text)) and self.rng.random() < 0.4:
            return moved
        near = [u.text for u in context.units if u.kind == unit.kind and u.text.lower() not in taken]
        if near and self.rng.random() < 0.75:
            return _cased_like(self.choose(near), unit.text)
        far = self._pools[context.source].get(unit.kind, ())
        for _ in range(_TRIES if far else 0):
            text = self.choose(far)
            if text.lower() not in taken:
                return _cased_like(text, unit.text)
        return None

    def _moved_year(self, text: str) -> str | None:
        found = re.search(r"\b1\d{3}\b|\b20\d\d\b", text)
        if not found:
            return None
        step = int(self.rng.integers(1, 30)) * (1 if self.rng.random() < 0.5 else -1)
        return text[: found.start()] + str(int(found.group()) + step) + text[found.end() :]


def as_written(sampler: Sampler, example: Example) -> Sample | None:
    """Take a question of people with its paragraph, whole or a window of it."""
    if not example.answers:
        piece = _any_window(sampler, example.context)
        return Sample(example.question, piece, None, "people's unanswerable")
    return _with_answer(sampler, example, "people's answerable")


def plain(sampler: Sampler, example: Example) -> Sample | None:
    """Take the question with a window around its answer."""
    return _with_answer(sampler, example, "answerable")


def _with_answer(sampler: Sampler, example: Example, recipe: str) -> Sample | None:
    piece = _window(sampler, example)
    return Sample(example.question, piece.text, piece.answer, recipe) if piece else None


def removed(sampler: Sampler, example: Example) -> Sample | None:
    """Take the window without the sentences that hold an answer."""
    text = example.context.text
    answers = {text[a:b].lower() for a, b in example.answers}
    held = [any(a < end and start < b for a, b in example.answers) for start, end in example.context.sentences]
    held = [
        h or any(answer in text[s:e].lower() for answer in answers)
        for h, (s, e) in zip(held, example.context.sentences, strict=True)
    ]
    rest = [text[s:e] for h, (s, e) in zip(held, example.context.sentences, strict=True) if not h]
    if len(rest) < 2:
        return None
    first = held.index(True) if True in held else 0
    return Sample(example.question, around(rest, min(first, len(rest) - 1), sampler.limit()), None, "removed")


def neighbour(sampler: Sampler, example: Example) -> Sample | None:
    """Take a window of another context that has the question's words."""
    contexts = sampler.neighbours.get(example.id)
    if not contexts:
        return None
    return Sample(example.question, _any_window(sampler, sampler.choose(contexts)), None, "neighbour")


def unrelated(sampler: Sampler, example: Example) -> Sample | None:
    """Take a window of any other context."""
    return Sample(example.question, _any_window(sampler, sampler.other_context(example)), None, "unrelated")


def changed_question(sampler: Sampler, example: Example) -> Sample | None:
    """Exchange a word or name of the question."""
    change = _change(sampler, example)
    if change is None:
        return None
    piece, unit, new = change
    question = example.question[: unit.start] + new + example.question[unit.end :]
    return Sample(question, piece.text, None, "changed question")


def changed_both(sampler: Sampler, example: Example) -> Sample | None:
    """Exchange a word or name in question and window: the answer stands."""
    change = _change(sampler, example)
    if change is None:
        return None
    piece, unit, new = change
    text, answer = _exchanged(piece, unit.text, new)
    if answer is None or text == piece.text:
        return None
    question = example.question[: unit.start] + new + example.question[unit.end :]
    return Sample(question, text, answer, "changed both")


def changed_window(sampler: Sampler, example: Example) -> Sample | None:
    """Exchange a word or name of the question in the window alone."""
    change = _change(sampler, example)
    if change is None:
        return None
    piece, unit, new = change
    text, _ = _exchanged(piece, unit.text, new)
    return Sample(example.question, text, None, "changed window") if text != piece.text else None


def turned(sampler: Sampler, example: Example) -> Sample | None:
    """Turn the question round: an opposite word, or a negation."""
    piece = _window(sampler, example)
    if piece is None:
        return None
    question = opposite(example.question, sampler.rng)
    if question is None or sampler.rng.random() < 0.3:
        question = negated(example.question, sampler.rng) or question
    return Sample(question, piece.text, None, "turned") if question else None


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each source and each recipe is drawn; weights, which need not sum to one.

    `as_written` is the share of squad's samples that are people's own questions, unanswerable ones among them;
    `long` the share of windows that may be long.
    """

    sources: dict[str, float]
    recipes: dict[Recipe, float]
    as_written: float
    long: float


BROAD = Mix(
    sources={"squad": 0.14, "new_wiki": 0.42, "reddit": 0.22, "amazon_reviews": 0.22},
    recipes={
        plain: 0.42,
        changed_both: 0.10,
        removed: 0.09,
        neighbour: 0.10,
        changed_question: 0.15,
        changed_window: 0.05,
        turned: 0.06,
        unrelated: 0.03,
    },
    as_written=0.65,
    long=0.14,
)
# For the second half: what the first half leaves hard, and less of the few questions it has by heart.
HARD = Mix(
    sources={"squad": 0.10, "new_wiki": 0.44, "reddit": 0.21, "amazon_reviews": 0.25},
    recipes={
        plain: 0.36,
        changed_both: 0.14,
        removed: 0.10,
        neighbour: 0.05,
        changed_question: 0.22,
        changed_window: 0.08,
        turned: 0.04,
        unrelated: 0.01,
    },
    as_written=0.5,
    long=0.2,
)
# To go on with: as hard, and more windows as long as the passages that the product reads.
LONG = replace(HARD, long=0.35)
MIXES = {"broad": BROAD, "hard": HARD, "long": LONG}


def _change(sampler: Sampler, example: Example) -> tuple[Piece, Unit, str] | None:
    """Draw a window, a unit of the question (rather one that stands in the window), and what replaces it."""
    piece = _window(sampler, example)
    if piece is None or not example.units:
        return None
    weights = [5.0 if _stands(unit.text, piece.text) else 1.0 for unit in example.units]
    unit = sampler.choose(example.units, weights)
    taken = f"{example.question} {piece.text[slice(*piece.answer)]}".lower()
    new = sampler.substitute(unit, example.context, taken)
    return (piece, unit, new) if new else None


def _exchanged(piece: Piece, old: str, new: str) -> tuple[str, tuple[int, int] | None]:
    """Exchange two words in a window, each for the other.

    Returns:
        The text, and where the answer now stands; None if it was touched.
    """
    pattern = re.compile(rf"(?<!\w)(?:({re.escape(old)})|({re.escape(new)}))(?!\w)", re.IGNORECASE)
    out, last, touched = [], 0, False
    start, end = piece.answer
    shift_start = shift_end = 0
    for match in pattern.finditer(piece.text):
        text = _cased_like(new if match.group(1) else old, match.group())
        grown = len(text) - len(match.group())
        touched = touched or (match.start() < end and start < match.end())
        shift_start += grown if match.end() <= start else 0
        shift_end += grown if match.end() <= end else 0
        out += [piece.text[last : match.start()], text]
        last = match.end()
    text = "".join([*out, piece.text[last:]])
    return text, None if touched else (start + shift_start, end + shift_end)


def _window(sampler: Sampler, example: Example) -> Piece | None:
    """Draw an answer and sentences around it, at no fixed place among them."""
    text, sentences = example.context.text, example.context.sentences
    answer = _one_answer(sampler, example)
    inside = [i for i, (s, e) in enumerate(sentences) if s < answer[1] and answer[0] < e]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    limit = sampler.limit()
    if sentences[last][1] - sentences[first][0] > limit:
        return None
    while True:
        sides = [
            (first - 1, last) if first > 0 else None,
            (first, last + 1) if last + 1 < len(sentences) else None,
        ]
        fitting = [s for s in sides if s and sentences[s[1]][1] - sentences[s[0]][0] <= limit]
        if not fitting:
            break
        first, last = sampler.choose(fitting)
    start, end = min(sentences[first][0], answer[0]), max(sentences[last][1], answer[1])
    return Piece(text[start:end], (answer[0] - start, answer[1] - start), start, end)


def _one_answer(sampler: Sampler, example: Example) -> tuple[int, int]:
    """Draw an answer, the shortest one half of the time."""
    if sampler.rng.random() < 0.5:
        return min(example.answers, key=lambda a: (a[1] - a[0], a))
    return sampler.choose(example.answers)


def _any_window(sampler: Sampler, context: Context) -> str:
    sentences = [context.text[s:e] for s, e in context.sentences]
    if not sentences:
        return context.text[:_SHORT_CHARS]
    return around(sentences, int(sampler.rng.integers(len(sentences))), sampler.limit())


def around(sentences: Sequence[str], centre: int, limit: int) -> str:
    """Join sentences around one, as many as fit, from both sides in turn."""
    first, last = centre, centre + 1
    while True:
        before = first > 0 and len(" ".join(sentences[first - 1 : last])) <= limit
        if before:
            first -= 1
        after = last < len(sentences) and len(" ".join(sentences[first : last + 1])) <= limit
        if after:
            last += 1
        if not (before or after):
            return " ".join(sentences[first:last])[:limit]


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _cased_like(text: str, model: str) -> str:
    if model[:1].isupper() and text[:1].islower():
        return text[:1].upper() + text[1:]
    if model.islower() and text.istitle() and " " not in text:
        return text.lower()
    return text


def _pool(contexts: Sequence[Context]) -> dict[str, list[str]]:
    pools: dict[str, set[str]] = {}
    for context in contexts:
        for unit in context.units:
            pools.setdefault(unit.kind, set()).add(unit.text)
    return {kind: sorted(texts) for kind, texts in pools.items()}


def keyword_neighbours(examples: Sequence[Example], most: int = 6) -> dict[str, tuple[Context, ...]]:
    """Find, for each answerable question, other contexts of its source with its words and not its answers."""
    found: dict[str, tuple[Context, ...]] = {}
    for source in sorted({e.context.source for e in examples}):
        found |= _neighbours([e for e in examples if e.context.source == source and e.answers], most)
    return found


def _neighbours(examples: Sequence[Example], most: int) -> dict[str, tuple[Context, ...]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    contexts = list({e.context.id: e.context for e in examples}.values())
    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32)
    matrix = vectoriser.fit_transform([f"{c.title.replace('_', ' ')} {c.text}" for c in contexts]).T.tocsc()
    found = {}
    for first in range(0, len(examples), 512):
        batch = examples[first : first + 512]
        queries = [f"{e.question} {e.context.title.replace('_', ' ')}" for e in batch]
        scores = (vectoriser.transform(queries) @ matrix).toarray()
        for example, row in zip(batch, scores, strict=True):
            best = np.argsort(-row, kind="stable")[: 3 * most]
            usable = [contexts[i] for i in best if _no_answer(example, contexts[i])]
            found[example.id] = tuple(usable[:most])
    return found


def _no_answer(example: Example, context: Context) -> bool:
    if context.id == example.context.id:
        return False
    answers = {example.context.text[a:b].lower() for a, b in example.answers}
    return not any(answer in context.text.lower() for answer in answers)

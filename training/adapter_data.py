"""Samples for the adapter: evidence with a question, and answers to be judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.reader import Reader
from qa.second_look import same_answer
from qa.text import sentence_spans, squeeze
from training.corpus import Example
from training.data import HARD, Mix, Sample, Sampler, around

_LONGEST_ANSWER = 150  # characters
# More of people's own unanswerable questions, and windows as long as the evidence of the product.
MIX: Mix = replace(
    HARD,
    sources={"squad": 0.55, "new_wiki": 0.25, "reddit": 0.10, "amazon_reviews": 0.10},
    as_written=0.8,
    long=0.45,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Something to be judged of a task: an answer, or, where it is None, whether there is one."""

    answer: str | None
    right: bool


@dataclass(frozen=True, slots=True)
class Task:
    """Evidence with a question, as the prompts of the product show them, and what is judged of it."""

    text: str
    judged: tuple[Judgement, ...]


def tasks(sampler: Sampler, reader: Reader) -> Iterator[Task]:
    """Draw tasks without end.

    A wrong answer is what the reader finds where there is none, or where the right one is taken out, else a name
    or figure of the right one's kind.
    """
    for example, sample in sampler.pairs():
        if sample.answer is None:
            rival = _found(reader, sample.question, sample.text)
            judged = [Judgement(None, right=False)]
        else:
            gold = squeeze(sample.text[slice(*sample.answer)])
            if not 0 < len(gold) < _LONGEST_ANSWER:
                continue
            rival = _rival(sampler, reader, example, sample, gold)
            judged = [Judgement(None, right=True), Judgement(gold, right=True)]
        if rival:
            judged.append(Judgement(squeeze(rival), right=False))
        yield Task(_shown(sampler, example, sample), tuple(judged))


def _rival(sampler: Sampler, reader: Reader, example: Example, sample: Sample, gold: str) -> str | None:
    """Give a wrong answer to a question that has a right one."""
    first, last = sample.answer or (0, 0)
    rest = " ".join(sample.text[s:e] for s, e in sentence_spans(sample.text) if not (s < last and first < e))
    rival = _found(reader, sample.question, rest) if rest and sampler.rng.random() < 0.6 else None
    if rival is None or same_answer(rival, gold):
        units = [u for u in example.context.units if u.text in sample.text and not same_answer(u.text, gold)]
        kinds = {u.kind for u in example.context.units if u.text in gold or gold in u.text}
        pool = [u.text for u in units if u.kind in kinds] or [u.text for u in units]
        rival = sampler.choose(pool) if pool else None
    golds = [gold, *(example.context.text[a:b] for a, b in example.answers)]
    return rival if rival and not any(same_answer(rival, g) for g in golds) else None


def _found(reader: Reader, question: str, text: str) -> str | None:
    span = reader.read(question, [text])[0]
    found = text[span.start : span.end].strip()
    return found if 0 < len(found) < _LONGEST_ANSWER else None


def _shown(sampler: Sampler, example: Example, sample: Sample) -> str:
    """Show the window, half of the time with one of another text, before or after it."""
    articles = [_article(example.context.title, sample.text, whole=sampler.rng.random() < 0.3)]
    beside = sampler.neighbours.get(example.id)
    if beside and sampler.rng.random() < 0.5:
        other = sampler.choose(beside)
        sentences = [other.text[s:e] for s, e in other.sentences]
        answer = sample.text[slice(*sample.answer)].lower() if sample.answer else None
        if sentences and (answer is None or answer not in other.text.lower()):
            size = int(sampler.choose((150, 300, 450)))  # characters
            text = around(sentences, int(sampler.rng.integers(len(sentences))), size)
            articles.append(_article(other.title, text, whole=sampler.rng.random() < 0.3))
    if sampler.rng.random() < 0.5:
        articles.reverse()
    return _task(articles, sample.question)


def _article(title: str, text: str, *, whole: bool) -> str:
    lines = [text] if whole else [text[s:e] for s, e in sentence_spans(text)]
    return "\n".join([squeeze(title.replace("_", " ")), *(f"- {squeeze(line)}" for line in lines)])


def _task(articles: Sequence[str], question: str) -> str:
    return "\n".join(["Evidence:", *articles, "", f"Question: {squeeze(question)}"])

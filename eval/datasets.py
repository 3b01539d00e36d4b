"""Public question sets, read from a path that the user gives and written as articles and a gold set.

Formats: SQuAD 1.1 and 2.0 JSON (Rajpurkar et al., 2016, 2018), BEIR folders (Thakur et al., 2021), MultiHop-RAG
JSON (Tang and Yang, 2024), and folders of `articles/` with `questions.jsonl`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import frontmatter

from eval.cases import Fact, GoldCase, case_to_json, parse_case
from eval.records import write_text
from qa.errors import InputError

# The two test articles of the SQuAD 2.0 selection; its other articles are for development.
_SQUAD_TEST_TITLES = ("Harvard University", "Yuan dynasty")
# Of its development articles, the one on which the reader was not trained (`training/corpus.py`).
_SQUAD_HELD_BACK_TITLES = ("Normans",)
_ANSWERED = "answered"
_UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Document:
    """An article of a public set."""

    id: str
    title: str
    text: str
    source: str = ""
    url: str = ""
    published_at: str = ""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A public set: its articles and its cases."""

    documents: tuple[Document, ...]
    cases: tuple[GoldCase, ...]


def load_news_set(folder: Path) -> list[GoldCase]:
    """Load a MultiHop-RAG selection; a question's split is the parity of the sha256 of its id.

    Raises:
        InputError: the folder holds no such set.
    """
    cases = [parse_case(row) for row in _rows(folder)]
    return [replace(case, split="test" if _hash(case.id) % 2 else "dev") for case in cases]


def load_squad_set(folder: Path, *, new_to_reader: bool = False) -> list[GoldCase]:
    """Load a SQuAD 2.0 selection; the split is by article, and `facts` name the question's paragraph.

    Args:
        folder: of the set.
        new_to_reader: leave out the articles on which the reader was trained: it knows their answers, so nothing
            that uses it is fitted on them.

    Raises:
        InputError: the folder holds no such set.
    """
    rows = _rows(folder)
    titles = {e["id"]: e["title"] for row in rows for e in row.get("evidence", [])}
    cases = []
    for row in rows:
        title = titles.get(row["paragraph"], "")
        split = "test" if title.startswith(_SQUAD_TEST_TITLES) else "dev"
        if new_to_reader and not title.startswith(_SQUAD_TEST_TITLES + _SQUAD_HELD_BACK_TITLES):
            continue
        row["evidence"] = row.get("evidence") or [{"id": row["paragraph"], "fact": ""}]
        cases.append(replace(parse_case(row), split=split))
    return cases


def sample(cases: Iterable[GoldCase], size: int) -> list[GoldCase]:
    """Take the first `size` cases in the order of the sha256 of their ids: the same ones every time."""
    return sorted(cases, key=lambda case: _hash(case.id))[:size]


def sample_splits(cases: Iterable[GoldCase], size: int) -> list[GoldCase]:
    """Take a sample of at most `size` dev cases, and one of test cases behind it."""
    known = list(cases)
    return [case for split in ("dev", "test") for case in sample([c for c in known if c.split == split], size)]


def read_public_set(path: Path, corpus: Path | None = None) -> QuestionSet:
    """Read a public set, recognised by what the path holds.

    Args:
        path: a SQuAD or MultiHop-RAG JSON file, or a BEIR folder.
        corpus: MultiHop-RAG's `corpus.json`; None: beside the questions.

    Raises:
        InputError: the path holds none of the formats, or not what its format says.
    """
    try:
        if path.is_dir():
            return _beir(path)
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(content, dict) and isinstance(content.get("data"), list):
            return _squad(content["data"])
        if isinstance(content, list) and content and "evidence_list" in content[0]:
            return _multihop(
                content, json.loads((corpus or path.parent / "corpus.json").read_text(encoding="utf-8"))
            )
    except (OSError, ValueError) as exc:
        raise InputError(f"cannot read the question set {path}: {exc}") from exc
    except (KeyError, TypeError, AttributeError, IndexError) as exc:
        raise InputError(f"{path} looks like a public question set and is not one: {exc!r}") from exc
    raise InputError(
        f"{path} is none of: SQuAD 1.1 or 2.0 JSON, MultiHop-RAG JSON, "
        "a BEIR folder (corpus.jsonl, queries.jsonl, qrels/)"
    )


def write_set(questions: QuestionSet, folder: Path) -> tuple[Path, Path]:
    """Write a set as `articles/*.md` and `gold.jsonl`.

    Returns:
        The folder of articles and the gold set.

    Raises:
        InputError: the folder cannot be written.
    """
    articles, gold = folder / "articles", folder / "gold.jsonl"
    for document in questions.documents:
        fields = {"id": document.id, "title": document.title, "source": document.source, "url": document.url,
                  "published_at": document.published_at}  # fmt: skip
        post = frontmatter.Post(document.text, **{name: value for name, value in fields.items() if value})
        write_text(articles / f"{_file_name(document.id)}.md", frontmatter.dumps(post) + "\n")
    lines = (json.dumps(case_to_json(case), ensure_ascii=False) for case in questions.cases)
    write_text(gold, "".join(f"{line}\n" for line in lines))
    return articles, gold


def _squad(data: Sequence[Mapping[str, Any]]) -> QuestionSet:
    """Make an article of each paragraph: a question is about its paragraph."""
    documents, cases = [], []
    for article in data:
        for number, paragraph in enumerate(article["paragraphs"], start=1):
            # One line, as ingest keeps it: proofs are looked for word for word.
            text = " ".join(paragraph["context"].split())
            title = article["title"].replace("_", " ")
            document = Document(f"{article['title']}-{number}", f"{title}, {number}", text)
            documents.append(document)
            cases += [_squad_case(qa, document) for qa in paragraph["qas"]]
    return QuestionSet(tuple(documents), tuple(cases))


def _squad_case(qa: Mapping[str, Any], document: Document) -> GoldCase:
    answers = tuple(dict.fromkeys(answer["text"] for answer in qa.get("answers", ())))
    answerable = not qa.get("is_impossible", False) and bool(answers)
    facts = (Fact(document.id, _sentence_with(document.text, answers[0])),) if answerable else ()
    return GoldCase(
        id=str(qa["id"]),
        question=" ".join(qa["question"].split()),
        answer=answers[0] if answerable else "",
        answers=answers if answerable else (),
        answerable=answerable,
        kind=_ANSWERED if answerable else _UNANSWERABLE,
        facts=facts,
    )


def _sentence_with(text: str, answer: str) -> str:
    from qa.text import sentence_spans

    for start, end in sentence_spans(text):
        if answer in text[start:end]:
            return text[start:end]
    return ""


def _multihop(questions: Sequence[Mapping[str, Any]], corpus: Sequence[Mapping[str, Any]]) -> QuestionSet:
    documents = {
        article["url"]: Document(
            article["url"],
            article["title"],
            article["body"].strip(),
            article.get("source") or "",
            article["url"],
            (article.get("published_at") or "")[:10],
        )
        for article in corpus
    }
    cases = [_multihop_case(number, row, documents) for number, row in enumerate(questions, start=1)]
    return QuestionSet(tuple(documents.values()), tuple(cases))


def _multihop_case(number: int, row: Mapping[str, Any], documents: Mapping[str, Document]) -> GoldCase:
    kind = str(row["question_type"]).removesuffix("_query")
    answerable = kind != "null"
    facts = []
    for evidence in row["evidence_list"] if answerable else ():
        document = documents.get(evidence["url"])
        if document is not None:
            # A fact that ingest would not find word for word still names its article.
            facts.append(Fact(document.id, evidence["fact"] if evidence["fact"] in document.text else ""))
    answer = str(row["answer"]) if answerable else ""
    return GoldCase(
        f"multihop-{number:04}", row["query"], answer, (answer,) if answer else (), answerable, kind, tuple(facts)
    )


def _beir(folder: Path) -> QuestionSet:
    """Read corpus, queries and relevance judgements: cases without gold answers, which judge retrieval alone."""
    documents = [
        Document(str(row["_id"]), row.get("title") or f"document {row['_id']}", row["text"].strip())
        for row in _jsonl(folder / "corpus.jsonl")
    ]
    relevant = _qrels(folder)
    cases = [
        GoldCase(
            id=str(row["_id"]),
            question=row["text"].strip(),
            answer="",
            answers=(),
            answerable=True,
            kind="retrieval",
            facts=tuple(Fact(document_id, "") for document_id in relevant[str(row["_id"])]),
        )
        for row in _jsonl(folder / "queries.jsonl")
        if relevant.get(str(row["_id"]))
    ]
    return QuestionSet(tuple(d for d in documents if d.text), tuple(cases))


def _qrels(folder: Path) -> dict[str, list[str]]:
    """Read `qrels/test.tsv`, or whichever is there: query id, document id, grade; a header line is skipped."""
    files = sorted((folder / "qrels").glob("*.tsv"), key=lambda path: (path.stem != "test", path.stem))
    if not files:
        raise InputError(f"{folder} holds no qrels/*.tsv: it is no BEIR folder")
    relevant: dict[str, list[str]] = {}
    for line in files[0].read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and re.fullmatch(r"\d+", fields[2].strip()) and int(fields[2]) > 0:
            relevant.setdefault(fields[0], []).append(fields[1])
    return relevant


def _jsonl(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def _rows(folder: Path) -> list[dict[str, Any]]:
    try:
        return list(_jsonl(folder / "questions.jsonl"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{folder} holds no question set (questions.jsonl): {exc}") from exc


def _file_name(article_id: str) -> str:
    """Give a file name for any id, the same every time and different for different ids."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", article_id).strip("-.")[:60]
    return f"{plain}-{hashlib.sha256(article_id.encode()).hexdigest()[:8]}"


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)

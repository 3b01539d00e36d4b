"""Gold cases: questions with the answers and the proving sentences that people wrote."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import InputError
from qa.models import Turn


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence that proves a gold answer, word for word from an article."""

    article_id: str
    text: str


@dataclass(frozen=True, slots=True)
class GoldCase:
    """One question with its gold answer.

    `answers` are the accepted variants. `abstention_accepted` marks a question on a false premise: setting
    it right and declining it both count as correct.
    """

    id: str
    question: str
    answer: str
    answers: tuple[str, ...]
    answerable: bool
    kind: str
    facts: tuple[Fact, ...]
    history: tuple[Turn, ...] = ()
    abstention_accepted: bool = False
    split: str = ""


def load_cases(path: Path) -> list[GoldCase]:
    """Read a gold set, one JSON object a line (docs/gold.md).

    Raises:
        InputError: the file is missing, a line is not such an object, or an id occurs twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"cannot read the gold set {path}: {exc}") from exc
    cases: dict[str, GoldCase] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = parse_case(json.loads(line))
        except (ValueError, KeyError, TypeError) as exc:
            raise InputError(f"{path}, line {number}: not a gold case ({exc!r}); see docs/gold.md") from exc
        if case.id in cases:
            raise InputError(f"{path}, line {number}: the id {case.id!r} occurs twice")
        cases[case.id] = case
    if not cases:
        raise InputError(f"{path} holds no gold case; see docs/gold.md")
    return list(cases.values())


def parse_case(row: Mapping[str, Any]) -> GoldCase:
    """Make a case of one object of a gold set.

    Raises:
        KeyError, TypeError, ValueError: a field is missing or of the wrong kind.
    """
    answerable = bool(row["answerable"])
    answer = str(row["answer"])
    question = str(row["question"]).strip()
    if not question or (answerable and not answer):
        raise ValueError("a question, and an answer where there is one, must not be empty")
    return GoldCase(
        id=str(row["id"]),
        question=question,
        answer=answer,
        answers=tuple(str(a) for a in row.get("answers") or ([answer] if answer else [])),
        answerable=answerable,
        kind=str(row.get("type", "")),
        facts=tuple(Fact(str(e["id"]), str(e["fact"])) for e in row.get("evidence", [])),
        history=tuple(Turn(str(t["question"]), str(t["answer"])) for t in row.get("history", [])),
        abstention_accepted=bool(row.get("abstention_accepted", False)),
        split=str(row.get("split", "")),
    )

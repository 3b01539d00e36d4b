"""Gold cases: questions with the answers and the proving sentences that people wrote."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import InputError
from qa.models import Turn

_SHOWN_MISTAKES = 20
_SENTENCE_WORDS = 6  # shorter words can stand in an unrelated article
_NOT_A_CASE = "not a gold case (a JSON object)"


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence that proves a gold answer, word for word from an article; empty: the article as a whole."""

    article_id: str
    text: str


@dataclass(frozen=True, slots=True)
class GoldCase:
    """One question with its gold answer.

    `answers` are the accepted variants, `answer` first; none for an answerable case of a set that judges
    retrieval alone.
    `abstention_accepted` marks a question on a false premise: setting it right and declining it both count
    as correct. `reviewed` is false for a draft that no person has looked at. `rewrite` is the question of a
    conversation as one would ask it without the turns before, where a person wrote that down.
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
    reviewed: bool = True
    rewrite: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a line of a gold set."""

    line: int
    what: str


def proves_in_a_copy(fact: Fact) -> bool:
    """Tell whether the sentence is long enough to prove in a copy of its article as well."""
    return len(fact.text.split()) >= _SENTENCE_WORDS


def load_cases(path: Path) -> list[GoldCase]:
    """Read a gold set, one JSON object a line (docs/gold.md).

    Raises:
        InputError: the file cannot be read, or holds mistakes; each is named with file and line.
    """
    cases, mistakes = check_cases(path)
    if mistakes:
        raise InputError(describe_mistakes(path, mistakes))
    if not cases:
        raise InputError(f"{path} holds no gold case; see docs/gold.md")
    return list(cases.values())


def check_cases(path: Path) -> tuple[dict[int, GoldCase], list[Mistake]]:
    """Read a gold set as far as it can be read.

    Returns:
        The sound cases by line number, and the mistakes.

    Raises:
        InputError: the file cannot be read at all.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"cannot read the gold set {path}: {exc}") from exc
    cases: dict[int, GoldCase] = {}
    mistakes: list[Mistake] = []
    line_of_id: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        case, found = _read_line(line)
        if case is not None and case.id in line_of_id:
            found.append(f"the id {case.id!r} is that of line {line_of_id[case.id]} too")
        mistakes += [Mistake(number, what) for what in found]
        if case is not None and not found:
            line_of_id[case.id] = number
            cases[number] = case
    return cases, mistakes


def check_facts(cases: Mapping[int, GoldCase], texts: Mapping[str, str]) -> list[Mistake]:
    """Find proving sentences that do not stand in the articles.

    Args:
        cases: by line number.
        texts: the text of each article by its id.
    """
    mistakes = []
    for number, case in cases.items():
        for fact in case.facts:
            if fact.article_id not in texts:
                mistakes.append(Mistake(number, f"evidence: no article has the id {fact.article_id!r}"))
            elif fact.text not in texts[fact.article_id]:
                mistakes.append(
                    Mistake(number, f"evidence: not word for word in {fact.article_id}: {fact.text[:60]!r}")
                )
    return mistakes


def describe_mistakes(path: Path, mistakes: Sequence[Mistake]) -> str:
    """Write mistakes one a line, with file and line number."""
    lines = [f"{path}:{m.line}: {m.what}" for m in mistakes[:_SHOWN_MISTAKES]]
    if len(mistakes) > _SHOWN_MISTAKES:
        lines.append(f"and {len(mistakes) - _SHOWN_MISTAKES} more")
    return "\n".join([f"the gold set {path} has {len(mistakes)} mistakes (docs/gold.md):", *lines])


def parse_case(row: Mapping[str, Any]) -> GoldCase:
    """Make a case of one object of a gold set.

    Raises:
        ValueError: a field is missing or of the wrong kind; the message lists all such fields.
    """
    if found := _mistakes_of(row):
        raise ValueError("; ".join(found))
    answer = row.get("answer") or ""
    return GoldCase(
        id=str(row["id"]),
        question=row["question"].strip(),
        answer=answer,
        answers=tuple(dict.fromkeys(a for a in (answer, *(row.get("answers") or ())) if a)),
        answerable=row["answerable"],
        kind=row.get("type") or "",
        facts=tuple(Fact(e["id"], e.get("fact") or "") for e in row.get("evidence") or ()),
        history=tuple(Turn(t["question"], t["answer"]) for t in row.get("history") or ()),
        abstention_accepted=row.get("abstention_accepted") or False,
        split=row.get("split") or "",
        reviewed=row.get("reviewed", True),
        rewrite=(row.get("rewrite") or "").strip(),
    )


def case_to_json(case: GoldCase) -> dict[str, Any]:
    """Give the object of a gold set that `parse_case` reads back."""
    row: dict[str, Any] = {
        "id": case.id,
        "question": case.question,
        "answer": case.answer,
        "answers": list(case.answers),
        "answerable": case.answerable,
        "type": case.kind,
        "evidence": [{"id": fact.article_id, "fact": fact.text} for fact in case.facts],
    }
    if case.history:
        row["history"] = [{"question": turn.question, "answer": turn.answer} for turn in case.history]
    optional = {"abstention_accepted": case.abstention_accepted, "split": case.split, "rewrite": case.rewrite}
    return {**row, **{k: v for k, v in optional.items() if v}, **({} if case.reviewed else {"reviewed": False})}


def _read_line(line: str) -> tuple[GoldCase | None, list[str]]:
    try:
        row = json.loads(line)
    except ValueError as exc:
        return None, [f"not JSON: {exc}"]
    found = _mistakes_of(row)
    return (None, found) if found else (parse_case(row), [])


def _mistakes_of(row: Any) -> list[str]:
    if not isinstance(row, dict):
        return [_NOT_A_CASE]
    found = [f"{name!r} is missing" for name in ("id", "question", "answerable") if name not in row]
    for name, (kind, words) in _KINDS.items():
        if row.get(name) is not None and not isinstance(row[name], kind):
            found.append(f"{name!r} must be {words}")
    if not found:
        found = [*_mistakes_of_content(row), *_mistakes_of_lists(row)]
    return found


def _mistakes_of_content(row: Mapping[str, Any]) -> list[str]:
    found = []
    if not row["question"].strip():
        found.append("'question' is empty")
    said = bool(row.get("answer") or row.get("answers"))
    if row["answerable"] and not said and not row.get("evidence"):
        found.append("an answerable question needs an 'answer', or at least 'evidence'")
    if row.get("abstention_accepted") and not row["answerable"]:
        found.append("'abstention_accepted' is for answerable questions")
    if row.get("rewrite") and not row.get("history"):
        found.append("'rewrite' is for a question with a 'history'")
    return found


def _mistakes_of_lists(row: Mapping[str, Any]) -> list[str]:
    found = []
    if not all(isinstance(a, str) and a.strip() for a in row.get("answers") or ()):
        found.append("'answers' must be strings that are not empty")
    for entry in row.get("evidence") or ():
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            found.append("'evidence' must be objects with the 'id' of an article and the 'fact'")
        elif not isinstance(entry.get("fact") or "", str):
            found.append("the 'fact' of 'evidence' must be a string")
    for turn in row.get("history") or ():
        if not isinstance(turn, dict) or not all(isinstance(turn.get(k), str) for k in ("question", "answer")):
            found.append("'history' must be objects with 'question' and 'answer'")
    return found


_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "id": ((str, int), "a string"),
    "question": (str, "a string"),
    "answer": (str, "a string"),
    "answers": (list, "a list of strings"),
    "answerable": (bool, "true or false"),
    "type": (str, "a string"),
    "evidence": (list, "a list"),
    "history": (list, "a list"),
    "abstention_accepted": (bool, "true or false"),
    "split": (str, "a string"),
    "reviewed": (bool, "true or false"),
    "rewrite": (str, "a string"),
}

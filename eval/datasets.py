"""Public question sets in the layout of a folder: `articles/` and `questions.jsonl`."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.cases import GoldCase, parse_case
from qa.errors import InputError

# The two test articles of the SQuAD 2.0 selection; its other articles are for development.
_SQUAD_TEST_TITLES = ("Harvard University", "Yuan dynasty")


def load_news_set(folder: Path) -> list[GoldCase]:
    """Load a MultiHop-RAG selection; a question's split is the parity of the sha256 of its id.

    Raises:
        InputError: the folder holds no such set.
    """
    cases = [parse_case(row) for row in _rows(folder)]
    return [replace(case, split="test" if _hash(case.id) % 2 else "dev") for case in cases]


def load_squad_set(folder: Path) -> list[GoldCase]:
    """Load a SQuAD 2.0 selection; the split is by article, and `facts` name the question's paragraph.

    Raises:
        InputError: the folder holds no such set.
    """
    rows = _rows(folder)
    titles = {e["id"]: e["title"] for row in rows for e in row.get("evidence", [])}
    cases = []
    for row in rows:
        title = titles.get(row["paragraph"], "")
        split = "test" if title.startswith(_SQUAD_TEST_TITLES) else "dev"
        row["evidence"] = row.get("evidence") or [{"id": row["paragraph"], "fact": ""}]
        cases.append(replace(parse_case(row), split=split))
    return cases


def sample(cases: Iterable[GoldCase], size: int) -> list[GoldCase]:
    """Take the first `size` cases in the order of the sha256 of their ids: the same ones every time."""
    return sorted(cases, key=lambda case: _hash(case.id))[:size]


def _rows(folder: Path) -> list[dict[str, Any]]:
    try:
        text = (folder / "questions.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as exc:
        raise InputError(f"{folder} holds no question set (questions.jsonl): {exc}") from exc


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)

"""`newsdesk ask --batch`: a JSONL file of questions in, one JSON object a line out, in order."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from qa.errors import InputError
from qa.models import Turn
from qa.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One line of the file; `error` says why it cannot be asked."""

    id: Any
    question: str = ""
    history: tuple[Turn, ...] = ()
    error: str = ""


def read_batch(path: Path) -> list[BatchRequest]:
    """Read the requests. A line that is not one becomes a request with an error, so that none is lost.

    Raises:
        InputError: the file cannot be read, or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"cannot read {path}: {exc}; give a file of JSON lines in UTF-8") from exc
    requests = [_parse(line, number) for number, line in enumerate(lines, start=1) if line.strip()]
    if not requests:
        raise InputError(f'{path} holds no question: write one {{"id": ..., "question": ...}} a line')
    return requests


def answer_batch(
    requests: Sequence[BatchRequest], pipeline: Pipeline, out: TextIO, progress: Callable[[str], None]
) -> int:
    """Answer the requests in order, a line each; give the number of those that failed."""
    failed = 0
    for number, request in enumerate(requests, start=1):
        answer = _answer(request, pipeline)
        failed += "error" in answer
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
        progress(f"{number}/{len(requests)} {request.id}{' failed' if 'error' in answer else ''}")
    return failed


def _answer(request: BatchRequest, pipeline: Pipeline) -> dict[str, Any]:
    if request.error:
        return {"id": request.id, "question": request.question, "error": request.error}
    try:
        return {"id": request.id, **pipeline.answer(request.question, request.history).to_json()}
    except Exception as exc:  # noqa: BLE001  one failed question must not cost the others
        return {"id": request.id, "question": request.question, "error": str(exc) or type(exc).__name__}


def _parse(line: str, number: int) -> BatchRequest:
    try:
        row = json.loads(line)
    except ValueError as exc:
        return BatchRequest(None, error=f"line {number} is not JSON: {exc}")
    if not isinstance(row, dict):
        return BatchRequest(None, error=f"line {number} is not a JSON object")
    request_id, question = row.get("id"), row.get("question")
    if not isinstance(question, str):
        return BatchRequest(request_id, error=f"line {number} has no question (a string)")
    try:
        history = tuple(Turn(str(t["question"]), str(t["answer"])) for t in row.get("history") or ())
    except (KeyError, TypeError):
        return BatchRequest(
            request_id, question, error=f"line {number}: history must be a list of question and answer"
        )
    return BatchRequest(request_id, question, history)

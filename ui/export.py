"""Conversations and feedback as files to keep: Markdown, JSON, and draft gold cases."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from eval.cases import Fact, GoldCase, case_to_json
from qa.text import squeeze
from ui.history import Conversation, Feedback, SavedTurn
from ui.views import Card, long_date

_MARKER = re.compile(r"\s*\[\d+\]")


def conversation_markdown(conversation: Conversation, turns: Sequence[SavedTurn]) -> str:
    """Write a conversation with its sources as Markdown; whatever stands in them is only text."""
    lines = [f"# {_plain(conversation.title)}", ""]
    for turn in turns:
        lines += [f"## {_plain(turn.question)}", "", _plain(turn.view.text or turn.view.error), ""]
        if turn.view.as_of:
            lines += [f"As of {long_date(turn.view.as_of)}.", ""]
        for card in turn.view.cards:
            lines += [f"[{card.number}] {_plain(_headline(card))}", "", f"> {_plain(card.quote)}", ""]
    return "\n".join(lines)


def conversation_json(conversation: Conversation, turns: Sequence[SavedTurn]) -> str:
    """Write a conversation with all that is kept of it as JSON."""
    content = {
        "title": conversation.title,
        "created_at": conversation.created_at,
        "turns": [{"asked_at": turn.created_at, **turn.view.to_json()} for turn in turns],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def feedback_cases(feedback: Sequence[Feedback]) -> list[dict[str, Any]]:
    """Make draft gold cases of feedback, for a person to correct.

    A thumb up makes the answer the gold one; a thumb down counts only with a correction.
    """
    return [case_to_json(_case(entry)) for entry in feedback if entry.liked or entry.correction]


def feedback_jsonl(feedback: Sequence[Feedback]) -> str:
    """Write draft gold cases, one a line."""
    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in feedback_cases(feedback))


def _case(entry: Feedback) -> GoldCase:
    view = entry.turn.view
    text = squeeze(_MARKER.sub("", view.text))
    answer = entry.correction or ("" if view.abstained else view.short or text)
    facts = tuple(Fact(card.article_id, card.quote) for card in view.cards if card.quote) if entry.liked else ()
    key = hashlib.sha256(f"{view.question}\0{entry.turn.id}".encode()).hexdigest()[:12]
    return GoldCase(
        id=f"feedback-{key}",
        question=view.query or view.question,
        answer=answer,
        answers=(answer,) if answer else (),
        answerable=bool(answer),
        kind="feedback",
        facts=facts,
        reviewed=False,
    )


def _headline(card: Card) -> str:
    return ", ".join(part for part in (card.title, card.outlet, card.day, card.url) if part)


def _plain(text: str) -> str:
    """Make text stand in Markdown as it is."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", squeeze(text))

"""Conversations, feedback and shared answers, in a SQLite file of the page's own in the data folder.

A reader is a random id that the browser keeps; whoever does not know it sees nothing of what is kept for it.
"""

import contextlib
import json
import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.models import Article
from qa.text import squeeze
from ui.views import AnswerView, without_article

FILE_NAME = "history.sqlite3"
_TITLE_CHARS = 60
_VERSION = 1
_SCHEMA = """
CREATE TABLE conversation (
    id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX conversation_reader ON conversation (reader, updated_at);
CREATE TABLE turn (
    id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, question TEXT NOT NULL, text TEXT NOT NULL, view TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX turn_conversation ON turn (conversation_id, position);
CREATE TABLE feedback (
    turn_id TEXT PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    liked INTEGER NOT NULL, correction TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE shared (
    token TEXT PRIMARY KEY, conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    turn_id TEXT NOT NULL UNIQUE, view TEXT NOT NULL, created_at TEXT NOT NULL
);
"""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of a reader; times are ISO 8601, in UTC."""

    id: str
    title: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A question with its answer as it was shown."""

    id: str
    question: str
    view: AnswerView
    created_at: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader thought of an answer; `correction` may be empty."""

    turn: SavedTurn
    liked: bool
    correction: str
    created_at: str


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer as it was when a link to it was made."""

    view: AnswerView
    created_at: str


def new_id() -> str:
    """Give a random id that cannot be guessed."""
    return secrets.token_urlsafe(16)


class History:
    """What the page keeps. Safe to use from several threads.

    Args:
        path: the SQLite file, made if it is missing; None keeps everything in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self.kept = path is not None
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA secure_delete = ON")
        with self._transaction() as connection:
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            if not version:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")

    @classmethod
    def open(cls, data_dir: Path) -> "History":
        """Open the history of a data folder; one that cannot be written is kept in memory, which is logged."""
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            return cls(data_dir / FILE_NAME)
        except (sqlite3.Error, OSError) as exc:
            _logger.warning("conversations are kept in memory only: %s cannot be used (%s)", data_dir, exc)
            return cls(None)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    # Conversations

    def conversations(self, reader: str, search: str = "", limit: int = 200) -> list[Conversation]:
        """Give a reader's conversations, newest first; those whose title, questions or answers hold the search."""
        words = f"%{_like(search)}%"
        rows = self._rows(
            "SELECT id, title, created_at, updated_at FROM conversation c WHERE reader = ? AND "
            "(title LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM turn t WHERE t.conversation_id = c.id AND "
            "(t.question LIKE ? ESCAPE '\\' OR t.text LIKE ? ESCAPE '\\'))) ORDER BY updated_at DESC, id LIMIT ?",
            (reader, words, words, words, limit),
        )
        return [Conversation(*row) for row in rows]

    def conversation(self, reader: str, conversation_id: str) -> Conversation | None:
        """Give a conversation, or None when this reader has no such one."""
        rows = self._rows(
            "SELECT id, title, created_at, updated_at FROM conversation WHERE id = ? AND reader = ?",
            (conversation_id, reader),
        )
        return Conversation(*rows[0]) if rows else None

    def turns(self, reader: str, conversation_id: str) -> list[SavedTurn]:
        """Give the turns of a reader's conversation in order; none when this reader has no such one."""
        rows = self._rows(
            "SELECT t.id, t.question, t.view, t.created_at FROM turn t JOIN conversation c "
            "ON c.id = t.conversation_id WHERE c.id = ? AND c.reader = ? ORDER BY t.position",
            (conversation_id, reader),
        )
        return [_turn(row) for row in rows]

    def turn(self, reader: str, turn_id: str) -> SavedTurn | None:
        """Give one turn of a reader, or None."""
        rows = self._rows(
            "SELECT t.id, t.question, t.view, t.created_at FROM turn t JOIN conversation c "
            "ON c.id = t.conversation_id WHERE t.id = ? AND c.reader = ?",
            (turn_id, reader),
        )
        return _turn(rows[0]) if rows else None

    def save_turn(self, reader: str, conversation_id: str, turn_id: str, view: AnswerView) -> None:
        """Put a turn at the end of a conversation, which begins with its first one.

        A conversation of another reader is left as it is.
        """
        now = _now()
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO conversation VALUES (?, ?, ?, ?, ?)",
                (conversation_id, reader, title_of(view.question), now, now),
            )
            owned = connection.execute(
                "UPDATE conversation SET updated_at = ? WHERE id = ? AND reader = ?",
                (now, conversation_id, reader),
            )
            if owned.rowcount:
                connection.execute(
                    "INSERT INTO turn SELECT ?, ?, coalesce(max(position), -1) + 1, ?, ?, ?, ? "
                    "FROM turn WHERE conversation_id = ?",
                    (
                        turn_id, conversation_id, view.question, view.text, _json(view), now, conversation_id,
                    ),
                )  # fmt: skip

    def cut_turns(self, reader: str, conversation_id: str, position: int) -> None:
        """Take out the turns of a conversation from a position on, counted from 0."""
        self._change(
            "DELETE FROM turn WHERE conversation_id = (SELECT id FROM conversation WHERE id = ? AND reader = ?) "
            "AND id IN (SELECT id FROM turn WHERE conversation_id = ? ORDER BY position LIMIT -1 OFFSET ?)",
            (conversation_id, reader, conversation_id, position),
        )

    def rename(self, reader: str, conversation_id: str, title: str) -> None:
        """Give a conversation another title; an empty one changes nothing."""
        if cleaned := squeeze(title)[:200]:
            self._change(
                "UPDATE conversation SET title = ? WHERE id = ? AND reader = ?", (cleaned, conversation_id, reader)
            )

    def delete(self, reader: str, conversation_id: str) -> None:
        """Delete a conversation with its feedback and shared answers."""
        self._change("DELETE FROM conversation WHERE id = ? AND reader = ?", (conversation_id, reader))

    # Feedback

    def save_feedback(self, reader: str, turn_id: str, *, liked: bool, correction: str = "") -> None:
        """Keep what a reader thinks of an answer, instead of what was said before."""
        if self.turn(reader, turn_id) is not None:
            self._change(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)",
                (turn_id, int(liked), squeeze(correction)[:2000], _now()),
            )

    def withdraw_feedback(self, reader: str, turn_id: str) -> None:
        """Forget what a reader thought of an answer."""
        if self.turn(reader, turn_id) is not None:
            self._change("DELETE FROM feedback WHERE turn_id = ?", (turn_id,))

    def feedback(self, reader: str | None = None) -> list[Feedback]:
        """Give all feedback, or that of one reader, oldest first."""
        rows = self._rows(
            "SELECT t.id, t.question, t.view, t.created_at, f.liked, f.correction, f.created_at FROM feedback f "
            "JOIN turn t ON t.id = f.turn_id JOIN conversation c ON c.id = t.conversation_id "
            "WHERE ? IS NULL OR c.reader = ? ORDER BY f.created_at",
            (reader, reader),
        )
        return [Feedback(_turn(row[:4]), bool(row[4]), row[5], row[6]) for row in rows]

    def liked(self, reader: str, conversation_id: str) -> dict[str, bool]:
        """Give the thumbs of a conversation by turn."""
        rows = self._rows(
            "SELECT f.turn_id, f.liked FROM feedback f JOIN turn t ON t.id = f.turn_id JOIN conversation c "
            "ON c.id = t.conversation_id WHERE c.id = ? AND c.reader = ?",
            (conversation_id, reader),
        )
        return {turn_id: bool(liked) for turn_id, liked in rows}

    # Shared answers

    def share(self, reader: str, turn_id: str) -> str | None:
        """Freeze an answer for whoever gets its link.

        Returns:
            The token of the link, the same for the same turn; None when this reader has no such turn.
        """
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT t.conversation_id, t.view FROM turn t JOIN conversation c ON c.id = t.conversation_id "
                "WHERE t.id = ? AND c.reader = ?",
                (turn_id, reader),
            ).fetchall()
            if not rows:
                return None
            connection.execute(
                "INSERT OR IGNORE INTO shared VALUES (?, ?, ?, ?, ?)",
                (new_id(), rows[0][0], turn_id, rows[0][1], _now()),
            )
            ((token,),) = connection.execute("SELECT token FROM shared WHERE turn_id = ?", (turn_id,)).fetchall()
            return str(token)

    def shared(self, token: str) -> SharedAnswer | None:
        """Give the answer behind a link, or None."""
        rows = self._rows("SELECT view, created_at FROM shared WHERE token = ?", (token,))
        return SharedAnswer(AnswerView.from_json(json.loads(rows[0][0])), rows[0][1]) if rows else None

    # Withdrawal

    def cited_articles(self) -> set[str]:
        """Give the ids of all articles whose words are kept anywhere here."""
        rows = self._rows("SELECT view FROM turn UNION ALL SELECT view FROM shared")
        views = (AnswerView.from_json(json.loads(view)) for (view,) in rows)
        return {
            card.article_id for view in views for card in (*view.cards, *view.also) if card.before or card.quote
        }

    def forget_articles(self, article_ids: Sequence[str]) -> None:
        """Blank the words of withdrawn articles in everything that is kept."""
        if not article_ids:
            return
        with self._transaction() as connection:
            for table, key in (("turn", "id"), ("shared", "token")):
                rows = connection.execute(f"SELECT {key}, view FROM {table}").fetchall()  # noqa: S608  constants
                for row_key, kept in rows:
                    before = AnswerView.from_json(json.loads(kept))
                    after = without_article(before, article_ids)
                    if after != before:
                        connection.execute(
                            f"UPDATE {table} SET view = ? WHERE {key} = ?",  # noqa: S608
                            (_json(after), row_key),
                        )
                        if table == "turn":
                            connection.execute("UPDATE turn SET text = ? WHERE id = ?", (after.text, row_key))
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def _change(self, sql: str, parameters: Sequence[Any]) -> None:
        with self._transaction() as connection:
            connection.execute(sql, parameters)

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def title_of(question: str) -> str:
    """Give the title of a conversation that begins with a question."""
    cleaned = squeeze(question)
    return cleaned if len(cleaned) <= _TITLE_CHARS else f"{cleaned[: _TITLE_CHARS - 1].rstrip()}…"


def _turn(row: Sequence[Any]) -> SavedTurn:
    turn_id, question, view, created_at = row
    return SavedTurn(turn_id, question, AnswerView.from_json(json.loads(view)), created_at)


def _json(view: AnswerView) -> str:
    return json.dumps(view.to_json(), ensure_ascii=False)


def _like(search: str) -> str:
    escaped = squeeze(search)
    for special in ("\\", "%", "_"):
        escaped = escaped.replace(special, f"\\{special}")
    return escaped


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def forget_in(data_dir: Path) -> Callable[[Article], None]:
    """Give what blanks a withdrawn article in the conversations of a data folder, if there are any."""

    def forget(article: Article) -> None:
        if (data_dir / FILE_NAME).exists():
            history = History.open(data_dir)
            history.forget_articles([article.id])
            history.close()

    return forget

"""What ingest remembers between its runs: failures, fetched addresses, files read, articles withdrawn."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from qa.models import Failure

_SLICE = 500


class _Database(Protocol):
    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]: ...

    def transaction(self) -> AbstractContextManager[Any]: ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is known of an address: validators for a conditional request, and a mark of what stood there."""

    url: str
    etag: str = ""
    last_modified: str = ""
    mark: str = ""  # of a feed's entry: changes when the entry does
    article_id: str = ""


class Ledger:
    """The part of the catalog that only ingest needs. Writing: only under the writer's lock."""

    def __init__(self, database: _Database) -> None:
        self._database = database

    # Failures

    def failures(self) -> list[Failure]:
        """Give what failed and has not succeeded since, the latest first."""
        rows = self._database.rows(
            "SELECT origin, reason, attempts, set_aside, first_at, last_at FROM failure "
            "ORDER BY last_at DESC, origin"
        )
        return [
            Failure(o, r, n, bool(aside), _moment(first), _moment(last)) for o, r, n, aside, first, last in rows
        ]

    def note_failure(self, origin: str, reason: str) -> None:
        """Record that something failed, once more."""
        now = _now()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO failure VALUES (?, ?, 1, 0, ?, ?) ON CONFLICT (origin) DO UPDATE SET "
                "reason = excluded.reason, attempts = attempts + 1, last_at = excluded.last_at",
                (origin, reason, now, now),
            )

    def set_aside(self, origins: Sequence[str]) -> None:
        """Note that nothing is to be tried again until it changes."""
        with self._database.transaction() as connection:
            connection.executemany("UPDATE failure SET set_aside = 1 WHERE origin = ?", [(o,) for o in origins])

    def attempts(self, origin: str) -> int:
        """Give how often something has failed since it last succeeded."""
        rows = self._database.rows("SELECT attempts FROM failure WHERE origin = ?", (origin,))
        return int(rows[0][0]) if rows else 0

    def forget_failures(self, origins: Sequence[str]) -> None:
        """Forget failures: what failed has succeeded, or is gone."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM failure WHERE origin = ?", [(origin,) for origin in origins])

    # Files read, by their bytes

    def file_sha256(self, path: str) -> str:
        """Give the hash of a file's bytes when it was last read whole; empty: never."""
        rows = self._database.rows("SELECT sha256 FROM source_file WHERE path = ?", (path,))
        return rows[0][0] if rows else ""

    def remember_files(self, hashes: dict[str, str]) -> None:
        """Remember the bytes of files whose every article is in the index."""
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO source_file VALUES (?, ?)", hashes.items())

    def ids_from(self, origin: str) -> list[str]:
        """Give the ids of the articles that were read from a file or an address."""
        return [
            i for (i,) in self._database.rows("SELECT id FROM article WHERE origin = ? ORDER BY id", (origin,))
        ]

    def origins(self) -> list[tuple[str, str]]:
        """Give id and origin of every article."""
        return [(i, o) for i, o in self._database.rows("SELECT id, origin FROM article ORDER BY id")]

    # Addresses fetched

    def fetched(self, url: str) -> Fetched:
        """Give what is known of an address."""
        rows = self._database.rows(
            "SELECT url, etag, last_modified, mark, article_id FROM fetched WHERE url = ?", (url,)
        )
        return Fetched(*rows[0]) if rows else Fetched(url)

    def remember_fetched(self, fetched: Sequence[Fetched]) -> None:
        """Remember addresses, once all that came from them is in the index."""
        now = _now()
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?, ?)",
                [(f.url, f.etag, f.last_modified, f.mark, f.article_id, now) for f in fetched],
            )

    # Withdrawn articles

    def is_withdrawn(self, article_id: str) -> bool:
        """Tell whether an article was removed by hand, so that no folder or feed brings it back."""
        return bool(self._database.rows("SELECT 1 FROM withdrawn WHERE id_sha256 = ?", (_sha256(article_id),)))

    def readmit(self, article_id: str) -> None:
        """Let an article in again that was removed by hand."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM withdrawn WHERE id_sha256 = ?", (_sha256(article_id),))

    # Near-duplicates

    def sharing_bands(self, keys: Sequence[bytes], but: str, limit: int) -> list[tuple[str, str]]:
        """Give id and text of the articles that share most bands with a text: candidates for near-duplicates."""
        marks = ", ".join("?" for _ in keys)
        return self._database.rows(
            "SELECT a.id, a.text FROM article a JOIN (SELECT article_id, count(*) AS shared FROM band "  # noqa: S608
            f"WHERE key IN ({marks}) AND article_id != ? GROUP BY article_id ORDER BY shared DESC LIMIT ?) b "
            "ON a.id = b.article_id",
            (*keys, but, limit),
        )

    def near_duplicates(self, article_ids: Sequence[str]) -> set[tuple[str, str]]:
        """Give the pairs of near-duplicates among some articles, each pair in both orders."""
        found: set[tuple[str, str]] = set()
        wanted = set(article_ids)
        for ids in _slices(article_ids):
            marks = ", ".join("?" for _ in ids)
            rows = self._database.rows(
                f"SELECT article_id, other_id FROM near_duplicate WHERE article_id IN ({marks})",  # noqa: S608
                ids,
            )
            found |= {(a, b) for a, b in rows if b in wanted}
        return found

    def copies_of(self, article_id: str) -> list[tuple[str, float]]:
        """Give the near-duplicates of an article with their similarity (Jaccard, 0 to 1), the closest first."""
        return self._database.rows(
            "SELECT other_id, similarity FROM near_duplicate WHERE article_id = ? "
            "ORDER BY similarity DESC, other_id",
            (article_id,),
        )


def withdraw(connection: Any, article_id: str) -> None:
    """Note inside a transaction that an article was removed by hand; only a hash of its id is kept."""
    connection.execute("INSERT OR REPLACE INTO withdrawn VALUES (?, ?)", (_sha256(article_id), _now()))


def _sha256(article_id: str) -> str:
    return hashlib.sha256(article_id.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _SLICE):
        yield ids[first : first + _SLICE]

"""The catalog: one SQLite file that is the truth about articles, chunks and vectors.

Chroma is derived from it through the outbox, a numbered log of the chunks that Chroma has still to learn
or to forget. Everything that changes one article happens in one transaction, so a reader sees the old
version or the new one, and a process killed anywhere leaves nothing half done.
"""

import contextlib
import re
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import (
    IndexDamagedError,
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexReadOnlyError,
)
from qa.ledger import Ledger, withdraw
from qa.models import Article, ArticleFilter, ArticleListing, Chunk
from qa.schema import SCHEMA, SCHEMA_VERSION, upgrade
from qa.text import acronym_forms, content_words

CHUNKER_VERSION = "sentences-1"
FILE_NAME = "catalog.sqlite3"
_LIKE = re.compile("[!%_]")
_BUSY_SECONDS = 30  # a reader waits this long for a writer's commit at most
_MOST_POSTINGS = 15_000  # rows that the words of a query may occur in together
_MAX_VARIABLES = 500  # ids in one SQL statement

_CHUNK_COLUMNS = "c.id, c.article_id, c.position, c.start, c.end, substr(a.text, c.start + 1, c.end - c.start)"
_NEXT_ID = "c.article_id || '#' || substr(a.fingerprint, 1, 12) || '.' || c.position"
_ARTICLE_COLUMNS = "a.id, a.title, a.text, a.url, a.source, a.author, a.published_at, a.fingerprint, a.origin"


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """What an index was built with: vectors and chunks of different identities must not be mixed."""

    embedding_model: str
    embedding_sha256: str
    dimension: int
    chunker: str  # version and sizes

    @classmethod
    def of(cls, model: EmbeddingModel, settings: Settings) -> "IndexIdentity":
        """Give the identity of what these settings build."""
        chunker = f"{CHUNKER_VERSION}/{settings.chunk_tokens}/{settings.chunk_overlap}"
        return cls(model.name, model.sha256, model.dimension, chunker)

    def as_manifest(self) -> dict[str, str]:
        """Give the entries of the manifest that hold this identity."""
        return {
            "schema_version": SCHEMA_VERSION,
            "embedding_model": self.embedding_model,
            "embedding_sha256": self.embedding_sha256,
            "dimension": str(self.dimension),
            "chunker": self.chunker,
        }


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One thing that Chroma has still to do: learn the chunk's vector, or forget the chunk (None)."""

    seq: int
    chunk_id: str
    vector: bytes | None


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """All that is written for one article in one transaction.

    Attributes:
        article: the new version; an old one under the same id goes out.
        chunks: its chunks.
        vectors: float32, shape (len(chunks), dimension).
        bands: keys under which near-duplicates are looked for.
        copies: the near-duplicates found, as (id, similarity).
        replaces: ids of other articles that go out: what the same file held before.
    """

    article: Article
    chunks: Sequence[Chunk]
    vectors: np.ndarray
    bands: Sequence[bytes] = ()
    copies: Sequence[tuple[str, float]] = ()
    replaces: Sequence[str] = ()


class Catalog:
    """The catalog of one index folder. Safe to use from several threads: each has its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self.ledger = Ledger(self)

    # Opening

    @classmethod
    def open(cls, data_dir: Path, identity: IndexIdentity) -> "Catalog":
        """Open an existing catalog.

        Raises:
            IndexNotFoundError: nothing was ingested into the folder.
            IndexMismatchError: it was built with something else, or by a newer newsdesk.
            IndexDamagedError: it is not readable.
            IndexReadOnlyError: the folder cannot be written, which SQLite needs even for reading.
        """
        catalog = cls.open_unchecked(data_dir)
        catalog.check(identity)
        return catalog

    @classmethod
    def open_unchecked(cls, data_dir: Path) -> "Catalog":
        """Open an existing catalog whatever it was built with; one of an older version is brought up to date.

        Raises:
            As `open`, but IndexMismatchError only for a newer newsdesk's.
        """
        path = data_dir / FILE_NAME
        if not path.is_file():
            raise IndexNotFoundError(
                f"there is no index in {data_dir} yet: add articles with `newsdesk ingest PATH`"
            )
        catalog = cls(path)
        with _errors_named(path):
            upgrade(catalog._connection, str(data_dir))
        return catalog

    @classmethod
    def create_or_open(cls, data_dir: Path, identity: IndexIdentity) -> "Catalog":
        """Open the catalog, making the folder and an empty catalog when there is none.

        Raises:
            As `open`, but never IndexNotFoundError.
        """
        path = data_dir / FILE_NAME
        with _errors_named(path):
            if not path.exists():
                data_dir.mkdir(parents=True, exist_ok=True)
                cls._create(path, identity)
        return cls.open(data_dir, identity)

    @classmethod
    def _create(cls, path: Path, identity: IndexIdentity) -> None:
        # Made beside and renamed: a process killed here leaves no half-made catalog under the name.
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.new")
        connection = sqlite3.connect(temporary)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
            entries = {
                **identity.as_manifest(),
                "index_id": uuid.uuid4().hex,
                "generation": "0",
                "vectors_generation": "0",
                "vectors_folder": "",
            }
            connection.executemany("INSERT INTO manifest VALUES (?, ?)", entries.items())
            connection.commit()
        finally:
            connection.close()
        temporary.replace(path)

    def reopen(self, identity: IndexIdentity) -> None:
        """Look at the file anew, as another process may have left it.

        Raises:
            As `open`.
        """
        self.close()
        if not self._path.is_file():
            raise IndexNotFoundError(
                f"the index in {self.folder} is gone: start again with `newsdesk ingest PATH`"
            )
        self.check(identity)

    def check(self, identity: IndexIdentity) -> None:
        """Raise IndexMismatchError when the index was built with something else than `identity`."""
        stored = self.manifest()
        for key, wanted in identity.as_manifest().items():
            if stored.get(key) != wanted:
                raise IndexMismatchError(
                    f"the index in {self._path.parent} was built with {key} {stored.get(key)!r}, the settings "
                    f"ask for {wanted!r}: run `newsdesk reindex` (or `newsdesk ingest --rebuild`), "
                    "or use another --data-dir"
                )

    # Reading

    @property
    def folder(self) -> Path:
        """The folder of the index."""
        return self._path.parent

    def manifest(self) -> dict[str, str]:
        """Give all entries of the manifest."""
        return dict(self.rows("SELECT key, value FROM manifest"))

    def number(self, key: str) -> int:
        """Give one of the manifest's counters."""
        ((value,),) = self.rows("SELECT value FROM manifest WHERE key = ?", (key,))
        return int(value)

    def fingerprint_and_origin(self, article_id: str) -> tuple[str, str] | None:
        """Give what is known of an article, or None when it is not there."""
        rows = self.rows("SELECT fingerprint, origin FROM article WHERE id = ?", (article_id,))
        return rows[0] if rows else None

    def counts(self) -> tuple[int, int]:
        """Give the numbers of articles and of chunks."""
        ((articles, chunks),) = self.rows("SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM chunk)")
        return articles, chunks

    def articles(self, limit: int = -1) -> list[Article]:
        """Give the newest articles, by date of publication, then of ingest; -1: all of them."""
        rows = self.rows(
            f"SELECT {_ARTICLE_COLUMNS} FROM article a "  # noqa: S608  constant columns
            "ORDER BY a.published_at DESC NULLS LAST, a.ingested_at DESC, a.id LIMIT ?",
            (limit,),
        )
        return [_to_article(row) for row in rows]

    def listing(self, wanted: ArticleFilter) -> list[ArticleListing]:
        """List articles without their text, the newest first, by date of publication, then of ingest."""
        conditions, values = _within(wanted.sources, wanted.since, wanted.until)
        if wanted.title:
            conditions += " AND a.title LIKE ? ESCAPE '!'"
            part = _LIKE.sub(r"!\g<0>", wanted.title)
            values.append(f"%{part}%")
        rows = self.rows(
            "SELECT a.id, a.title, a.source, a.author, a.url, a.published_at, a.ingested_at, a.origin, "  # noqa: S608
            "length(a.text), (SELECT count(*) FROM chunk c WHERE c.article_id = a.id), "
            "(SELECT count(*) FROM near_duplicate n WHERE n.article_id = a.id) "
            f"FROM article a WHERE TRUE{conditions} "
            "ORDER BY a.published_at DESC NULLS LAST, a.ingested_at DESC, a.id LIMIT ? OFFSET ?",
            (*values, wanted.limit, wanted.offset),
        )
        return [
            ArticleListing(
                id=row[0],
                title=row[1],
                source=row[2],
                author=row[3],
                url=row[4],
                published_at=datetime.fromisoformat(row[5]) if row[5] else None,
                ingested_at=datetime.fromisoformat(row[6]),
                origin=row[7],
                characters=row[8],
                chunks=row[9],
                copies=row[10],
            )
            for row in rows
        ]

    def source_counts(self) -> list[tuple[str, int]]:
        """Give the outlets with their numbers of articles, the largest first."""
        return [
            (source, count)
            for source, count in self.rows(
                "SELECT source, count(*) FROM article GROUP BY source ORDER BY 2 DESC, 1"
            )
        ]

    def article(self, article_id: str) -> Article | None:
        """Give an article, or None."""
        rows = self.rows(f"SELECT {_ARTICLE_COLUMNS} FROM article a WHERE a.id = ?", (article_id,))  # noqa: S608
        return _to_article(rows[0]) if rows else None

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, tuple[Chunk, Article]]:
        """Give the chunks that exist among the ids, each with its article."""
        found: dict[str, tuple[Chunk, Article]] = {}
        for ids in _slices(chunk_ids):
            rows = self.rows(
                f"SELECT {_CHUNK_COLUMNS}, {_ARTICLE_COLUMNS} FROM chunk c "  # noqa: S608
                f"JOIN article a ON a.id = c.article_id WHERE c.id IN ({_marks(ids)})",
                ids,
            )
            for row in rows:
                found[row[0]] = (Chunk(*row[:6]), _to_article(row[6:]))
        return found

    def sources(self) -> list[str]:
        """Give the outlets of the index, in alphabetical order."""
        return [source for (source,) in self.rows("SELECT DISTINCT source FROM article ORDER BY source") if source]

    def newest_day(self) -> date | None:
        """Give the day of publication of the newest article; None where none has a date."""
        ((newest,),) = self.rows("SELECT max(published_at) FROM article")
        return datetime.fromisoformat(newest).date() if newest else None

    def chunk_ids_of(self, article_id: str) -> list[str]:
        """Give the ids of an article's chunks, in the order of its text."""
        rows = self.rows("SELECT id FROM chunk WHERE article_id = ? ORDER BY position", (article_id,))
        return [chunk_id for (chunk_id,) in rows]

    def search_keywords_within(
        self, query: str, limit: int, sources: Sequence[str], since: date | None, until: date | None
    ) -> list[str]:
        """Search as `search_keywords`, among the articles of some outlets and days alone.

        Args:
            query: what to look for.
            limit: ids to give at most.
            sources: the outlets; empty: all.
            since: the first day of publication, or None.
            until: the last day, or None.
        """
        match = self._match_expression(query)
        if not match:
            return []
        conditions, values = _within(sources, since, until)
        rows = self.rows(
            "SELECT c.id FROM chunk_fts f JOIN chunk c ON c.rowid = f.rowid JOIN article a ON a.id = c.article_id "  # noqa: S608
            f"WHERE chunk_fts MATCH ?{conditions} ORDER BY bm25(chunk_fts) LIMIT ?",
            (match, *values, limit),
        )
        return [chunk_id for (chunk_id,) in rows]

    def within(
        self, chunk_ids: Sequence[str], sources: Sequence[str], since: date | None, until: date | None
    ) -> set[str]:
        """Give those of the chunks whose articles are of some outlets and days; see `search_keywords_within`."""
        conditions, values = _within(sources, since, until)
        found: set[str] = set()
        for ids in _slices(chunk_ids):
            rows = self.rows(
                "SELECT c.id FROM chunk c JOIN article a ON a.id = c.article_id "  # noqa: S608
                f"WHERE c.id IN ({_marks(ids)}){conditions}",
                (*ids, *values),
            )
            found |= {chunk_id for (chunk_id,) in rows}
        return found

    def search_keywords(self, query: str, limit: int) -> list[str]:
        """Give the ids of the chunks that match any word of the query, best BM25 score first."""
        match = self._match_expression(query)
        if not match:
            return []
        # The best rows first, their ids then: joined the other way round, every row that matches is looked up.
        rows = self.rows(
            "SELECT c.id FROM (SELECT rowid, rank AS score FROM chunk_fts WHERE chunk_fts MATCH ? "
            "ORDER BY rank LIMIT ?) f JOIN chunk c ON c.rowid = f.rowid ORDER BY f.score, f.rowid",
            (match, limit),
        )
        return [chunk_id for (chunk_id,) in rows]

    def _match_expression(self, query: str) -> str:
        """Give the query in FTS5's terms: any of its words, but for the commonest where they are too many.

        The time grows with the rows that the words occur in together. The rarest words are kept until these are
        15,000, some 25 ms; in an index of a few thousand chunks that leaves nothing out.
        """
        terms = list(_terms(query))
        if len(terms) * self._chunk_count() > _MOST_POSTINGS:
            terms = self._rarest(terms)
        # Each word quoted, so that nothing a user types is FTS5 syntax.
        return " OR ".join(f'"{term}"' for term in terms)

    def _rarest(self, terms: Sequence[str]) -> list[str]:
        counts = {term: self._postings(term) for term in terms}
        kept: list[str] = []
        total = 0
        for term in sorted(terms, key=lambda t: (counts[t], t)):
            total += counts[term]
            if kept and total > _MOST_POSTINGS:
                break
            kept.append(term)
        return kept

    def _postings(self, term: str) -> int:
        """Count the chunks that a word occurs in, up to the most that are read."""
        ((count,),) = self.rows(
            "SELECT count(*) FROM (SELECT 1 FROM chunk_fts WHERE chunk_fts MATCH ? LIMIT ?)",
            (f'"{term}"', _MOST_POSTINGS + 1),
        )
        return int(count)

    def _chunk_count(self) -> int:
        ((last,),) = self.rows("SELECT coalesce(max(rowid), 0) FROM chunk")  # at once; a count reads them all
        return int(last)

    def outbox(self) -> list[OutboxEntry]:
        """Give what Chroma has still to do, the last word per chunk, in order."""
        rows = self.rows(
            "SELECT max(o.seq), o.chunk_id, c.vector FROM outbox o LEFT JOIN chunk c ON c.id = o.chunk_id "
            "GROUP BY o.chunk_id ORDER BY 1"
        )
        return [OutboxEntry(*row) for row in rows]

    def pending_vectors(self) -> tuple[list[str], np.ndarray]:
        """Give the chunks that Chroma has not learned yet: ids, and vectors of shape (n, dimension)."""
        rows = self.rows("SELECT id, vector FROM chunk WHERE id IN (SELECT chunk_id FROM outbox)")
        ids = [chunk_id for chunk_id, _ in rows]
        matrix = np.frombuffer(b"".join(v for _, v in rows), dtype=np.float32)
        return ids, matrix.reshape(len(ids), -1) if ids else np.zeros((0, 1), dtype=np.float32)

    # Writing: only under the store's writer lock

    def put(self, records: Sequence[ArticleRecord]) -> None:
        """Put articles in, each taking its old version out, all in one transaction."""
        with self.transaction() as connection:
            for record in records:
                for article_id in (record.article.id, *record.replaces):
                    _delete_article(connection, article_id)
                _insert_article(connection, record)

    def move_article(self, article_id: str, origin: str) -> None:
        """Note that an unchanged article is read from another place now."""
        with self.transaction() as connection:
            connection.execute("UPDATE article SET origin = ? WHERE id = ?", (origin, article_id))

    def remove_articles(self, article_ids: Sequence[str], *, for_good: bool = False) -> None:
        """Take articles out, with all that is known of them, in one transaction.

        Args:
            article_ids: which.
            for_good: no folder and no feed brings them back; naming the file or the page does.
        """
        with self.transaction() as connection:
            for article_id in article_ids:
                _delete_article(connection, article_id)
                if for_good:
                    withdraw(connection, article_id)

    def wipe_deleted(self) -> None:
        """Take the words of deleted articles out of the file's bytes; what the file holds stays as it is.

        Deleted rows are overwritten by SQLite (secure_delete); the keyword index keeps the words of deleted
        chunks until its parts are merged, and the log keeps pages until it is emptied.
        """
        with self.transaction() as connection:
            connection.execute("INSERT INTO chunk_fts (chunk_fts) VALUES ('optimize')")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")  # waits for readers in the middle of a query

    def finish_batch(self) -> None:
        """Advance the generation, once per batch of changes, and empty the write-ahead log."""
        with self.transaction() as connection:
            _advance(connection, "generation")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def adopt_vectors(self, folder: str) -> None:
        """Name the folder of a derived vector index that holds every chunk: nothing is left to learn."""
        with self.transaction() as connection:
            connection.execute("UPDATE manifest SET value = ? WHERE key = 'vectors_folder'", (folder,))
            connection.execute("DELETE FROM outbox")
            _advance(connection, "vectors_generation")

    def all_vectors(self, table: str = "chunk", size: int = 2000) -> Iterator[tuple[list[str], np.ndarray]]:
        """Give every chunk in slices: ids, and vectors of shape (n, dimension).

        Args:
            table: `chunk`, or `next_chunk` for those of a reindex.
            size: chunks in a slice.
        """
        name = "c.id" if table == "chunk" else _NEXT_ID
        last = 0
        while True:
            rows = self.rows(
                f"SELECT c.rowid, {name}, c.vector FROM {table} c JOIN article a ON a.id = c.article_id "  # noqa: S608
                "WHERE c.rowid > ? ORDER BY c.rowid LIMIT ?",
                (last, size),
            )
            if not rows:
                return
            last = rows[-1][0]
            matrix = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.float32)
            yield [row[1] for row in rows], matrix.reshape(len(rows), -1)

    # Reindexing: the next chunks grow beside those that serve, until they take their place at once

    def start_reindex(self, identity: IndexIdentity) -> bool:
        """Begin or resume a reindex; True: an earlier one for the same identity goes on."""
        wanted = repr(identity)
        if self.manifest().get("next_identity") == wanted:
            return True
        with self.transaction() as connection:
            connection.execute("DELETE FROM next_chunk")
            connection.execute("INSERT OR REPLACE INTO manifest VALUES ('next_identity', ?)", (wanted,))
        return False

    def not_reindexed(self, limit: int = -1) -> list[Article]:
        """Give articles that have no next chunks yet; -1: all of them."""
        rows = self.rows(
            f"SELECT {_ARTICLE_COLUMNS} FROM article a WHERE NOT EXISTS "  # noqa: S608
            "(SELECT 1 FROM next_chunk n WHERE n.article_id = a.id) ORDER BY a.rowid LIMIT ?",
            (limit,),
        )
        return [_to_article(row) for row in rows]

    def put_next_chunks(self, identity: IndexIdentity, cut: Sequence[tuple[Sequence[Chunk], np.ndarray]]) -> None:
        """Keep the next chunks of articles with their vectors; nothing that serves changes.

        Args:
            identity: what they were made with.
            cut: for each article its chunks, and their vectors.

        Raises:
            IndexMismatchError: another reindex, for something else, has begun or ended meanwhile.
        """
        if self.manifest().get("next_identity") != repr(identity):
            raise IndexMismatchError(
                "another reindex of this index has begun or ended meanwhile: start this one anew"
            )
        with self.transaction() as connection:
            for chunks, vectors in cut:
                done = [(chunk.article_id,) for chunk in chunks[:1]]
                connection.executemany("DELETE FROM next_chunk WHERE article_id = ?", done)
                connection.executemany(
                    "INSERT INTO next_chunk VALUES (?, ?, ?, ?, ?)",
                    [
                        (c.article_id, c.position, c.start, c.end, v.astype(np.float32).tobytes())
                        for c, v in zip(chunks, vectors, strict=True)
                    ],
                )

    def finish_reindex(self, identity: IndexIdentity, folder: str) -> None:
        """Let the next chunks take the place of the old ones, in one transaction.

        Args:
            identity: what the next chunks were made with.
            folder: the vector index that holds them.
        """
        with self.transaction() as connection:
            connection.execute("DELETE FROM chunk_fts")
            connection.execute("DELETE FROM chunk")
            connection.execute(
                f"INSERT INTO chunk (id, article_id, position, start, end, vector) SELECT {_NEXT_ID}, "  # noqa: S608
                "c.article_id, c.position, c.start, c.end, c.vector FROM next_chunk c "
                "JOIN article a ON a.id = c.article_id ORDER BY c.rowid"
            )
            for row in connection.execute(f"SELECT {_ARTICLE_COLUMNS} FROM article a"):  # noqa: S608
                article = _to_article(row)
                spans = connection.execute(
                    "SELECT rowid, start, end FROM chunk WHERE article_id = ? ORDER BY position", (article.id,)
                ).fetchall()
                for rowid, start, end in spans:
                    _insert_words(connection, rowid, article, article.text[start:end])
            connection.execute("DELETE FROM next_chunk")
            connection.execute("DELETE FROM outbox")
            entries = {**identity.as_manifest(), "vectors_folder": folder}
            connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", entries.items())
            connection.execute("DELETE FROM manifest WHERE key = 'next_identity'")
            _advance(connection, "vectors_generation")
            _advance(connection, "generation")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def outbox_done(self, up_to: int) -> None:
        """Forget the outbox entries up to a sequence number, and tell readers that Chroma has changed."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE seq <= ?", (up_to,))
            _advance(connection, "vectors_generation")

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and give its rows; errors are ours."""
        with _errors_named(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                f"file:{self._path}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
            )
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write inside one transaction: all of it, or on any error nothing."""
        connection = self._connection
        with _errors_named(self._path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it already
                    connection.execute("ROLLBACK")
                raise


def _advance(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = ?", (key,))


def _insert_article(connection: sqlite3.Connection, record: ArticleRecord) -> None:
    article = record.article
    connection.execute(
        "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            article.id,
            article.title,
            article.text,
            article.url,
            article.source,
            article.author,
            article.published_at.isoformat() if article.published_at else None,
            article.fingerprint,
            article.origin,
            datetime.now(UTC).isoformat(),
        ),
    )
    for chunk, vector in zip(record.chunks, record.vectors, strict=True):
        _insert_chunk(connection, article, chunk, vector)
    insert_copies(connection, article.id, record.bands, record.copies)


def insert_copies(
    connection: sqlite3.Connection, article_id: str, bands: Sequence[bytes], copies: Sequence[tuple[str, float]]
) -> None:
    """Write the bands and near-duplicates of an article, inside a transaction."""
    connection.executemany("INSERT OR IGNORE INTO band VALUES (?, ?)", [(key, article_id) for key in bands])
    for other, similarity in copies:
        pairs = [(article_id, other, similarity), (other, article_id, similarity)]
        connection.executemany("INSERT OR REPLACE INTO near_duplicate VALUES (?, ?, ?)", pairs)


def _insert_chunk(connection: sqlite3.Connection, article: Article, chunk: Chunk, vector: np.ndarray) -> None:
    cursor = connection.execute(
        "INSERT INTO chunk (id, article_id, position, start, end, vector) VALUES (?, ?, ?, ?, ?, ?)",
        (chunk.id, article.id, chunk.position, chunk.start, chunk.end, vector.astype(np.float32).tobytes()),
    )
    _insert_words(connection, cursor.lastrowid or 0, article, chunk.text)
    connection.execute("INSERT INTO outbox (chunk_id, op) VALUES (?, 'upsert')", (chunk.id,))


def _insert_words(connection: sqlite3.Connection, rowid: int, article: Article, body: str) -> None:
    published = article.published_at.strftime("%d %B %Y") if article.published_at else ""
    connection.execute(
        "INSERT INTO chunk_fts (rowid, title, source, published, body) VALUES (?, ?, ?, ?, ?)",
        (rowid, article.title, article.source, published, body),
    )


def _delete_article(connection: sqlite3.Connection, article_id: str) -> None:
    connection.execute(
        "INSERT INTO outbox (chunk_id, op) SELECT id, 'delete' FROM chunk WHERE article_id = ?", (article_id,)
    )
    connection.execute(
        "DELETE FROM chunk_fts WHERE rowid IN (SELECT rowid FROM chunk WHERE article_id = ?)", (article_id,)
    )
    connection.execute(
        "DELETE FROM source_file WHERE path IN (SELECT origin FROM article WHERE id = ?)", (article_id,)
    )
    connection.execute("DELETE FROM fetched WHERE article_id = ?", (article_id,))
    connection.execute("DELETE FROM article WHERE id = ?", (article_id,))


def _terms(query: str) -> dict[str, None]:
    return dict.fromkeys(t.lower() for word in content_words(query) for t in (word, *acronym_forms(word)))


def _within(sources: Sequence[str], since: date | None, until: date | None) -> tuple[str, list[str]]:
    conditions = ""
    values: list[str] = []
    if sources:
        conditions += f" AND a.source IN ({_marks(sources)})"
        values += sources
    if since is not None:
        conditions += " AND a.published_at >= ?"
        values.append(since.isoformat())
    if until is not None:
        conditions += " AND a.published_at < ?"
        values.append((until + timedelta(days=1)).isoformat())
    return conditions, values


def _to_article(row: Sequence[str]) -> Article:
    article_id, title, text, url, source, author, published, fingerprint, origin = row
    published_at = datetime.fromisoformat(published) if published else None
    return Article(article_id, title, text, url, source, author, published_at, fingerprint, origin)


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _MAX_VARIABLES):
        yield ids[first : first + _MAX_VARIABLES]


def _marks(ids: Iterable[str]) -> str:
    return ", ".join("?" for _ in ids)


@contextlib.contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    """Map SQLite's and the file system's errors to ours."""
    try:
        yield
    except sqlite3.OperationalError as exc:
        message = str(exc)
        if "full" in message or no_space(path.parent):  # a full disk shows as an error of reading and opening, too
            raise IndexReadOnlyError(f"no space left for the index in {path.parent}: free some") from exc
        if "locked" in message:
            raise IndexLockedError(
                f"another process keeps writing to {path.parent}: wait until it is done, then run this again"
            ) from exc
        if "readonly" in message or "unable to open" in message:
            raise IndexReadOnlyError(
                f"the index folder {path.parent} cannot be written: change its permissions, "
                "or choose another with --data-dir"
            ) from exc
        raise _damaged(path, exc) from exc
    except (sqlite3.DatabaseError, ValueError, TypeError) as exc:
        raise _damaged(path, exc) from exc
    except OSError as exc:
        raise IndexReadOnlyError(
            f"cannot use the index folder {path.parent}: {exc.strerror}; choose another with --data-dir"
        ) from exc


def no_space(folder: Path) -> bool:
    """Tell whether the disk of a folder has no room for another page of an index."""
    try:
        return shutil.disk_usage(folder).free < 1 << 20
    except OSError:
        return False


def _damaged(path: Path, exc: Exception) -> IndexDamagedError:
    return IndexDamagedError(
        f"the index in {path.parent} cannot be read ({exc}): move that folder away and run "
        "`newsdesk ingest` again on your articles"
    )

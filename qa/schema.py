"""The tables of the catalog, version by version, and how an older catalog is brought up to date.

An upgrade only adds: it takes milliseconds, loses nothing, and embeds nothing.
"""

import sqlite3

from qa.errors import IndexMismatchError

SCHEMA_VERSION = "2"

_VERSION_1 = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL, url TEXT NOT NULL, source TEXT NOT NULL,
    author TEXT NOT NULL, published_at TEXT, fingerprint TEXT NOT NULL, origin TEXT NOT NULL,
    ingested_at TEXT NOT NULL
);
CREATE TABLE chunk (
    rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX chunk_article ON chunk (article_id);
CREATE VIRTUAL TABLE chunk_fts USING fts5 (
    title, source, published, body, tokenize = "porter unicode61 remove_diacritics 2"
);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, chunk_id TEXT NOT NULL, op TEXT NOT NULL
);
"""
# What ingest remembers between its runs; near-duplicates; the chunks of a reindex that is not complete yet.
_VERSION_2 = """
CREATE INDEX article_origin ON article (origin);
CREATE TABLE source_file (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE failure (
    origin TEXT PRIMARY KEY, reason TEXT NOT NULL, attempts INTEGER NOT NULL, set_aside INTEGER NOT NULL,
    first_at TEXT NOT NULL, last_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE fetched (
    url TEXT PRIMARY KEY, etag TEXT NOT NULL, last_modified TEXT NOT NULL, mark TEXT NOT NULL,
    article_id TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX fetched_article ON fetched (article_id);
CREATE TABLE withdrawn (id_sha256 TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE band (
    key BLOB NOT NULL, article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    PRIMARY KEY (key, article_id)
) WITHOUT ROWID;
CREATE INDEX band_article ON band (article_id);
CREATE TABLE near_duplicate (
    article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    other_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    similarity REAL NOT NULL, PRIMARY KEY (article_id, other_id)
) WITHOUT ROWID;
CREATE INDEX near_duplicate_other ON near_duplicate (other_id);
CREATE TABLE next_chunk (
    article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX next_chunk_article ON next_chunk (article_id);
"""
SCHEMA = _VERSION_1 + _VERSION_2


def upgrade(connection: sqlite3.Connection, folder: str) -> None:
    """Bring a catalog of an older version up to date, in one transaction.

    Args:
        connection: to the catalog, in autocommit mode.
        folder: of the index, for the message.

    Raises:
        IndexMismatchError: it was made by a newer newsdesk.
    """
    version = _version(connection)
    if version == SCHEMA_VERSION:
        return
    if version != "1":
        raise IndexMismatchError(
            f"the index in {folder} was made by a newer newsdesk (schema_version {version!r}, this one knows "
            f"{SCHEMA_VERSION!r}): update newsdesk, or use another --data-dir"
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == "1":  # nobody else was faster
            for statement in _VERSION_2.split(";"):
                connection.execute(statement)
            connection.execute("UPDATE manifest SET value = '2' WHERE key = 'schema_version'")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> str:
    ((version,),) = connection.execute("SELECT value FROM manifest WHERE key = 'schema_version'").fetchall()
    return str(version)

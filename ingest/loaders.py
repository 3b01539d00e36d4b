"""Find article files and read them: what format a file has decides what is looked for in it."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.fields import Fields
from ingest.formats import READERS
from ingest.rows import SUFFIXES as ROW_SUFFIXES
from ingest.rows import read_rows
from qa.catalog import FILE_NAME as CATALOG_NAME
from qa.errors import ArticleError
from qa.models import Article

SUFFIXES = (*READERS, *ROW_SUFFIXES)
MAX_BYTES = 20 * 1024 * 1024  # of one article; a news article is a thousand times smaller
MAX_ROW_BYTES = 1024 * 1024 * 1024  # of a file of many articles
READER_VERSION = "1"  # raise it when a reader gives other fields for the same bytes
_LONGEST_TITLE = 300  # characters of a title made from a text that has none
NO_MAPPING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read, and the name under which it is known when it names no id itself.

    `named`: the user gave the file itself, not a folder that holds it.
    `arrived`: where the bytes lie until they may take their place at `path`; None: they are there.
    """

    path: Path
    fallback_id: str
    named: bool = field(default=False, compare=False)
    arrived: Path | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a row of one, that is no article, and why; `origin` names it."""

    origin: str
    reason: str


def find_files(paths: list[Path]) -> Iterator[SourceFile]:
    """Find the article files among files and folders (searched whole), in a stable order.

    Raises:
        ArticleError: a path does not exist, a file given by name is of no known format, or a folder holds
            no article at all.
    """
    for given in paths:
        path = given.expanduser().absolute()
        if path.is_dir():
            yield from _in_folder(given, path.resolve())
        elif not path.exists():
            raise ArticleError(f"{given} does not exist: check the path")
        elif path.suffix.lower() not in SUFFIXES:
            raise ArticleError(f"{given} is not an article file: give {_known()} files, or a folder")
        else:
            resolved = path.resolve()
            yield SourceFile(resolved, f"{resolved.parent.name}/{resolved.name}", named=True)


def file_in(root: Path, path: Path) -> SourceFile | None:
    """Give one file of a folder as `find_files` would, or None where that would leave it out."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file() or _left_out(path, root):
        return None
    return SourceFile(path, f"{root.name}/{path.relative_to(root).as_posix()}")


def _in_folder(given: Path, root: Path) -> Iterator[SourceFile]:
    found = [file for path in sorted(root.rglob("*")) if (file := file_in(root, path)) is not None]
    if not found:
        raise ArticleError(f"{given} holds no article: give a folder with {_known()} files")
    yield from found


def _left_out(path: Path, root: Path) -> bool:
    """Leave hidden files out, and whatever lies in the folder of an index."""
    relative = path.relative_to(root)
    if any(part.startswith(".") for part in relative.parts):
        return True
    return any((root / parent / CATALOG_NAME).exists() for parent in relative.parents)


def _known() -> str:
    return f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"


def load_article(file: SourceFile) -> Article:
    """Read a file of one article.

    Raises:
        ArticleError: unreadable, empty, binary, too large, metadata that is not valid, or not one article.
    """
    loaded = list(load_articles(file))
    if len(loaded) != 1:
        raise ArticleError(f"{file.path} holds {len(loaded)} articles, not one")
    if isinstance(loaded[0], Unreadable):
        raise ArticleError(loaded[0].reason)
    return loaded[0]


def load_articles(file: SourceFile, mapping: Mapping[str, str] = NO_MAPPING) -> Iterator[Article | Unreadable]:
    """Read the articles of a file; what cannot be read is given in its place, with the reason.

    Args:
        file: what to read.
        mapping: for files of rows: our name of a field -> the file's.
    """
    try:
        raw = read_bytes(file.arrived or file.path)
    except ArticleError as exc:
        yield Unreadable(str(file.path), str(exc))
        return
    yield from articles_in(raw, file.path.name, str(file.path), file.fallback_id, mapping)


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        ArticleError: it cannot be read, or is too large.
    """
    most = MAX_ROW_BYTES if path.suffix.lower() in ROW_SUFFIXES else MAX_BYTES
    try:
        if path.stat().st_size > most:
            raise ArticleError(f"{path} is larger than {most >> 20} MB: is it an article?")
        return path.read_bytes()
    except OSError as exc:
        raise ArticleError(f"cannot read {path}: {exc.strerror}") from exc


def articles_in(
    raw: bytes, name: str, origin: str, fallback_id: str, mapping: Mapping[str, str] = NO_MAPPING
) -> Iterator[Article | Unreadable]:
    """Read the articles in the bytes of a file, from wherever they came.

    Args:
        raw: the bytes.
        name: of the file; its suffix says the format.
        origin: where they come from, for messages and the index.
        fallback_id: the article's id when it names none itself.
        mapping: for files of rows: our name of a field -> the file's.
    """
    suffix = Path(name).suffix.lower()
    try:
        if suffix in ROW_SUFFIXES:
            yield from _rows_in(raw, suffix, origin, fallback_id, mapping)
        elif suffix in READERS:
            yield to_article(READERS[suffix](raw), origin, fallback_id)
        else:
            yield Unreadable(origin, f"{origin} is not an article file: give {_known()} files")
    except ArticleError as exc:
        yield Unreadable(origin, f"{origin} {exc}")
    except Exception as exc:  # noqa: BLE001  whatever a parser trips over, the next file is read
        yield Unreadable(origin, f"{origin} cannot be read ({type(exc).__name__}: {exc}): is it damaged?")


def to_article(fields: Fields, origin: str, fallback_id: str) -> Article:
    """Make an article of what a file says.

    Raises:
        ArticleError: there is no text; the message goes on from the file's name.
    """
    title, body = _clean(fields.title).strip().replace("\n", " "), _clean(fields.text).strip()
    if not body:
        raise ArticleError("has no text below its title: nothing to index")
    if not title:
        title = body.partition("\n")[0][:_LONGEST_TITLE]
    known = (title, body, fields.url, fields.source, fields.author, str(fields.published_at or ""))
    return Article(
        id=_clean(fields.id or fields.url or fallback_id),
        title=title,
        text=body,
        url=_clean(fields.url),
        source=_clean(fields.source),
        author=_clean(fields.author),
        published_at=fields.published_at,
        fingerprint=hashlib.sha256("\x1f".join(known).encode("utf-8", "replace")).hexdigest(),
        origin=origin,
    )


def _rows_in(
    raw: bytes, suffix: str, origin: str, fallback_id: str, mapping: Mapping[str, str]
) -> Iterator[Article | Unreadable]:
    for number, fields in read_rows(raw, suffix, mapping):
        place = f"{origin}, {'record' if suffix == '.csv' else 'line'} {number}"
        if isinstance(fields, ArticleError):
            yield Unreadable(place, f"{place} {fields}")
            continue
        try:
            # Not the line's number: a row keeps its id when others come in before it.
            told_apart = f"{fields.title}\x1f{fields.source}\x1f{fields.published_at or ''}"
            if not fields.title:
                told_apart += fields.text
            key = hashlib.sha256(told_apart.encode("utf-8", "replace")).hexdigest()[:16]
            yield to_article(fields, origin, f"{fallback_id}#{key}")
        except ArticleError as exc:
            yield Unreadable(place, f"{place} {exc}")


def _clean(text: str) -> str:
    """Take out what no text should hold and no database stores well: lone surrogates, control characters."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if not text.isprintable():
        text = "".join(c for c in text if c in "\n\t\f" or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", text)

"""Read article files: .txt (the first line is the title) and .md (front matter, then the text)."""

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from qa.errors import ArticleError
from qa.models import Article

SUFFIXES = (".txt", ".md")
MAX_BYTES = 20 * 1024 * 1024  # a news article is a thousand times smaller


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read, and the name under which it is known when it names no id itself."""

    path: Path
    fallback_id: str


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
            raise ArticleError(f"{given} is not an article file: give {' or '.join(SUFFIXES)} files, or a folder")
        else:
            resolved = path.resolve()
            yield SourceFile(resolved, f"{resolved.parent.name}/{resolved.name}")


def _in_folder(given: Path, root: Path) -> Iterator[SourceFile]:
    found = [
        path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file() and not _hidden(path.relative_to(root))
    ]
    if not found:
        raise ArticleError(f"{given} holds no article: give a folder with {' or '.join(SUFFIXES)} files")
    for path in found:
        yield SourceFile(path, f"{root.name}/{path.relative_to(root).as_posix()}")


def _hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def load_article(file: SourceFile) -> Article:
    """Read one article.

    Raises:
        ArticleError: unreadable, empty, binary, too large, or with front matter that is not valid.
    """
    text = _decode(file.path, _read(file.path))
    fields = _from_markdown(file.path, text) if file.path.suffix.lower() == ".md" else _from_plain(text)
    title, body = fields["title"].strip(), fields["text"].strip()
    if not body:
        raise ArticleError(f"{file.path} has no text below its title: nothing to index")
    article_id = fields["id"] or fields["url"] or file.fallback_id
    published_at = _parse_date(file.path, fields["published_at"])
    known = (title, body, fields["url"], fields["source"], fields["author"], str(published_at or ""))
    return Article(
        id=article_id,
        title=title,
        text=body,
        url=fields["url"],
        source=fields["source"],
        author=fields["author"],
        published_at=published_at,
        fingerprint=hashlib.sha256("\x1f".join(known).encode()).hexdigest(),
        origin=str(file.path),
    )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ArticleError(f"{path} is larger than {MAX_BYTES >> 20} MB: is it an article?")
        return path.read_bytes()
    except OSError as exc:
        raise ArticleError(f"cannot read {path}: {exc.strerror}") from exc


def _decode(path: Path, raw: bytes) -> str:
    if not raw.strip():
        raise ArticleError(f"{path} is empty: nothing to index")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_other(path, raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text or _unprintable_share(text) > 0.05:
        raise ArticleError(f"{path} is not text (binary data): convert it to .txt or .md first")
    return unicodedata.normalize("NFC", text)


def _decode_other(path: Path, raw: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(raw).best()
    if best is None:
        raise ArticleError(f"{path} is not text in any known encoding: save it as UTF-8")
    return str(best)


def _unprintable_share(text: str) -> float:
    odd = sum(1 for c in text if unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\n\t\f")
    return odd / len(text)


def _from_plain(text: str) -> dict[str, str]:
    title, _, body = text.strip().partition("\n")
    return {"id": "", "title": title, "text": body, "url": "", "source": "", "author": "", "published_at": ""}


def _from_markdown(path: Path, text: str) -> dict[str, str]:
    import frontmatter
    import yaml

    try:
        post = frontmatter.loads(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as exc:
        reason = str(exc).splitlines()[0]
        raise ArticleError(f"{path} has front matter that is not valid YAML ({reason}): mend it") from exc
    fields = {key: _plain(post.metadata.get(key)) for key in ("id", "title", "url", "source", "author")}
    body = post.content
    if not fields["title"]:
        fields["title"], body = _title_from_body(body)
    return {**fields, "text": body, "published_at": _plain(post.metadata.get("published_at"))}


def _title_from_body(body: str) -> tuple[str, str]:
    title, _, rest = body.strip().partition("\n")
    return title.lstrip("# "), rest


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value).strip()


def _parse_date(path: Path, value: str) -> datetime | None:
    """Read an ISO 8601 date or time; without a zone it counts as UTC."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as exc:
        raise ArticleError(f"{path} has published_at {value!r}: write it as 2025-02-12 or ISO 8601") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

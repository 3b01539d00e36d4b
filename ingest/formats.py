"""What stands in one file: title, text and metadata, out of each format that holds one article.

The messages of the errors here go on from the file's name: "is empty: ...". The caller knows that name.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from ingest.dates import date_at_head, parse_date
from ingest.fields import Fields, decode
from ingest.page import read_html
from qa.errors import ArticleError

_MAX_UNPACKED = 200 * 1024 * 1024  # bytes of a docx when unpacked; more is a bomb
_MAX_PAGES = 1000
_LETTERS_PER_PAGE = 20  # a PDF with fewer is a scan, with a stamp or a page number at most


def read_plain(raw: bytes) -> Fields:
    """Read plain text: the first line is the title; a date line at the head of the rest is the date."""
    title, _, body = decode(raw).strip().partition("\n")
    return Fields(title=title, text=body, published_at=date_at_head(body))


def read_markdown(raw: bytes) -> Fields:
    """Read Markdown with front matter; without a title there, the first line is the title."""
    import frontmatter
    import yaml

    try:
        post = frontmatter.loads(decode(raw))
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as exc:
        reason = str(exc).splitlines()[0]
        raise ArticleError(f"has front matter that is not valid YAML ({reason}): mend it") from exc
    known = {key: plain(post.metadata.get(key)) for key in ("id", "title", "url", "source", "author")}
    body = post.content
    if not known["title"]:
        title, _, body = body.strip().partition("\n")
        known["title"] = title.lstrip("# ")
    published = _named_date(plain(post.metadata.get("published_at")))
    return Fields(**known, text=body, published_at=published or date_at_head(body))


def read_pdf(raw: bytes) -> Fields:
    """Read a PDF's text with pypdf; its creation date is not taken for the date of publication.

    Raises:
        ArticleError: damaged, encrypted, too long, or without text (a scan).
    """
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ArticleError("is encrypted: save it without a password")
        if len(reader.pages) > _MAX_PAGES:
            raise ArticleError(f"has {len(reader.pages)} pages, {_MAX_PAGES} are the most: is it an article?")
        pages = [page.extract_text() for page in reader.pages]
        metadata: Any = reader.metadata or {}
        title, author = (plain(metadata.get(key)) for key in ("/Title", "/Author"))
    except ArticleError:
        raise
    except Exception as exc:
        raise ArticleError(f"cannot be read as a PDF ({_first_line(exc)}): is it damaged?") from exc
    letters = sum(c.isalnum() for page in pages for c in page)
    if letters < _LETTERS_PER_PAGE * max(1, len(pages)):
        raise ArticleError("is a PDF without text (a scan?): run text recognition on it first")
    text = unicodedata.normalize(
        "NFC", "\n\n".join(_reflow(page, head=3 if n == 0 else 0) for n, page in enumerate(pages) if page.strip())
    )
    return _with_title(title, author, text)


def read_docx(raw: bytes) -> Fields:
    """Read a Word file with python-docx; its creation date is not taken for the date of publication."""
    import docx

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MAX_UNPACKED:
                raise ArticleError("is too large when unpacked: is it an article?")
        opened = docx.Document(io.BytesIO(raw))
        core = opened.core_properties
        paragraphs = list(_docx_paragraphs(opened))
    except ArticleError:
        raise
    except Exception as exc:
        raise ArticleError(f"cannot be read as a Word file ({_first_line(exc)}): is it damaged?") from exc
    headline = next((text for text, style in paragraphs if style in ("Title", "Heading 1")), "")
    title = headline or ("" if core.title == "Word Document" else core.title)
    author = "" if core.author == "python-docx" else core.author
    text = "\n\n".join(text for text, _ in paragraphs if text != headline)
    return _with_title(title, author, unicodedata.normalize("NFC", text))


READERS: dict[str, Callable[[bytes], Fields]] = {
    ".txt": read_plain,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


def plain(value: Any) -> str:
    """Give a metadata value as text: dates as ISO 8601, lists with commas, nothing as an empty string."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value)
    if isinstance(value, dict):
        return plain(value.get("name"))
    return str(value).strip()


def _named_date(value: str) -> datetime | None:
    moment = parse_date(value)
    if value and moment is None:
        raise ArticleError(f"has published_at {value!r}: write it as 2025-02-12 or ISO 8601")
    return moment


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0][:120]


def _with_title(title: str, author: str, text: str) -> Fields:
    """Take the first line for the title where the file names none or repeats it there."""
    first, _, rest = text.strip().partition("\n")
    if not title.strip() or first.strip() == title.strip():
        title, text = first, rest
    return Fields(title=title, text=text, author=author, published_at=date_at_head(text))


def _reflow(page: str, head: int) -> str:
    """Join the lines of a printed page to paragraphs; a line that ends a sentence short ends one.

    Args:
        page: its text, a line a line.
        head: short lines at the top that stand by themselves: title, byline, date.
    """
    page = re.sub(r"(?<=[^\W\d_])-\n(?=[a-z])", "", page)
    lines = [line.strip() for line in page.splitlines()]
    longest = max(map(len, lines), default=0)
    joined = ""
    for number, line in enumerate(lines):
        if not line:
            joined = joined.rstrip() + "\n\n"
            continue
        joined += line
        short = len(line) < 0.75 * longest
        joined += "\n\n" if short and (number < head or line[-1] in '.!?:"”') else " "
    return re.sub(r"\n{3,}", "\n\n", joined).strip()


def _docx_paragraphs(opened: Any) -> Iterator[tuple[str, str]]:
    """Give text and style of the paragraphs, and each table's rows where the table stands."""
    from docx.table import Table

    for block in opened.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = dict.fromkeys(cell.text.strip() for cell in row.cells)
                yield " | ".join(text for text in cells if text), ""
        elif block.text.strip():
            yield block.text.strip(), block.style.name if block.style is not None else ""

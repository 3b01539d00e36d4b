"""What stands in one file: title, text and metadata, out of each format that holds one article.

The messages of the errors here go on from the file's name: "is empty: ...". The caller knows that name.
"""

import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ingest.dates import date_at_head, parse_date
from qa.errors import ArticleError

_MAX_UNPACKED = 200 * 1024 * 1024  # bytes of a docx when unpacked; more is a bomb
_MAX_PAGES = 1000
_LETTERS_PER_PAGE = 20  # a PDF with fewer is a scan, with a stamp or a page number at most
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_PUBLISHED_TAGS = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.created", "dcterms.issued", "pubdate", "publishdate", "publish-date",
    "parsely-pub-date", "sailthru.date", "citation_publication_date", "originalpublicationdate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fields:
    """What a file says of its article; empty where it says nothing."""

    title: str = ""
    text: str = ""
    id: str = ""
    url: str = ""
    source: str = ""
    author: str = ""
    published_at: datetime | None = None


def decode(raw: bytes, charset: str = "") -> str:
    """Decode text: by its byte order mark, the charset named, UTF-8, or else what charset-normalizer finds.

    Args:
        raw: the bytes.
        charset: what the sender says it is, if anything.

    Raises:
        ArticleError: empty, binary, or in no known encoding.
    """
    if not raw.strip():
        raise ArticleError("is empty: nothing to index")
    marked = next((name for mark, name in _BOMS if raw.startswith(mark)), "")
    text = None
    for name in (marked, charset, "utf-8"):
        text = _decoded(raw, name) if name and text is None else text
    if text is None:
        from charset_normalizer import from_bytes

        best = from_bytes(raw).best()
        if best is None:
            raise ArticleError("is not text in any known encoding: save it as UTF-8")
        text = str(best)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text or _unprintable_share(text) > 0.05:
        raise ArticleError("is not text (binary data): convert it to .txt or .md first")
    return unicodedata.normalize("NFC", text)


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


def read_html(raw: bytes, charset: str = "", url: str = "") -> Fields:
    """Read a web page: main text and metadata by trafilatura, the date from JSON-LD and meta tags.

    Args:
        raw: the page.
        charset: from the Content-Type header, if there is one.
        url: where it was fetched from, if it was.
    """
    import lxml.html
    import trafilatura

    declared = _CHARSET.search(raw[:4096])
    page = decode(raw, charset or (declared[1].decode("ascii", "replace") if declared else ""))
    # A declaration of another encoding inside the text makes the parser refuse or misread it.
    tree = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", page))
    found = trafilatura.bare_extraction(
        page, url=url or None, with_metadata=True, include_comments=False, favor_precision=True
    )
    text = (getattr(found, "text", "") or "") if found is not None else ""
    title = html.unescape(getattr(found, "title", "") or "") or str(tree.findtext(".//title") or "")
    paragraphs = [line.strip() for line in text.split("\n") if line.strip()]
    if paragraphs and paragraphs[0] == title.strip():
        del paragraphs[0]
    if not paragraphs:
        raise ArticleError("holds no article text: is it an overview page, or one that needs a script to show?")
    return Fields(
        title=title,
        text="\n\n".join(paragraphs),
        url=canonical_url(tree) or url,
        source=getattr(found, "sitename", "") or "",
        author=(getattr(found, "author", "") or "").replace("; ", ", "),
        published_at=published_in_html(tree),
    )


def canonical_url(tree: Any) -> str:
    """Give the address that a page says is its own, or an empty string."""
    for link in tree.iterfind(".//link[@rel='canonical']"):
        return str(link.get("href") or "")
    for tag in tree.iterfind(".//meta[@property='og:url']"):
        return str(tag.get("content") or "")
    return ""


def published_in_html(tree: Any) -> datetime | None:
    """Give the date of publication that a page declares: JSON-LD, meta tags, or its one dated <time>."""
    for value in (*_json_ld_dates(tree), *_meta_dates(tree), *_time_tags(tree)):
        moment = parse_date(value)
        if moment is not None:
            return moment
    return None


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


def _decoded(raw: bytes, charset: str) -> str | None:
    try:
        return raw.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset)
    except (UnicodeDecodeError, LookupError):
        return None


def _unprintable_share(text: str) -> float:
    odd = sum(1 for c in text if unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\n\t\f")
    return odd / len(text)


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


def _json_ld_dates(tree: Any) -> Iterator[str]:
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            loaded = json.loads(script.text or "")
        except ValueError:
            continue
        for thing in _things(loaded, 0):
            kinds = thing.get("@type", "")
            articles = [k for k in (kinds if isinstance(kinds, list) else [kinds]) if _is_article(str(k))]
            if articles and isinstance(thing.get("datePublished"), str):
                yield thing["datePublished"]


def _is_article(kind: str) -> bool:
    return kind.endswith(("Article", "Posting", "Report"))


def _things(loaded: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 3:
        return
    if isinstance(loaded, list):
        for part in loaded:
            yield from _things(part, depth + 1)
    elif isinstance(loaded, dict):
        yield loaded
        yield from _things(loaded.get("@graph"), depth + 1)
        yield from _things(loaded.get("mainEntity"), depth + 1)


def _meta_dates(tree: Any) -> Iterator[str]:
    named: dict[str, str] = {}
    for tag in tree.iterfind(".//meta[@content]"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop") or ""
        named.setdefault(name.lower(), tag.get("content"))
    yield from (named[name] for name in _PUBLISHED_TAGS if name in named)


def _time_tags(tree: Any) -> Iterator[str]:
    tags = tree.findall(".//time[@datetime]")
    marked = [
        t for t in tags if (t.get("itemprop") or "").lower() == "datepublished" or t.get("pubdate") is not None
    ]
    if marked:
        yield marked[0].get("datetime")
    elif len({t.get("datetime") for t in tags}) == 1:  # several may be those of other stories
        yield tags[0].get("datetime")

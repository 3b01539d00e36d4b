"""What a web page says of the article it holds: main text, and metadata from JSON-LD and meta tags."""

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ingest.dates import parse_date
from ingest.fields import Fields, decode
from qa.errors import ArticleError

_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
_PUBLISHED_TAGS = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.created", "dcterms.issued", "pubdate", "publishdate", "publish-date",
    "parsely-pub-date", "sailthru.date", "citation_publication_date", "originalpublicationdate",
)  # fmt: skip


def read_html(raw: bytes, charset: str = "", url: str = "") -> Fields:
    """Read a web page: main text and metadata by trafilatura, the date from JSON-LD and meta tags.

    Args:
        raw: the page.
        charset: from the Content-Type header, if there is one.
        url: where it was fetched from, if it was.
    """
    import lxml.etree
    import lxml.html
    import trafilatura

    declared = _CHARSET.search(raw[:4096])
    page = decode(raw, charset or (declared[1].decode("ascii", "replace") if declared else ""))
    # A declaration of another encoding inside the text makes the parser refuse or misread it.
    try:
        tree = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", page))
        found = trafilatura.bare_extraction(
            page, url=url or None, with_metadata=True, include_comments=False, favor_precision=True
        )
    except (lxml.etree.LxmlError, ValueError, RecursionError) as exc:
        raise ArticleError(f"cannot be read as a page ({exc}): is it damaged?") from exc
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

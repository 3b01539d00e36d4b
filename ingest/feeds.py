"""Feeds (RSS, Atom) and news sitemaps: which articles they name, and what they say of each."""

import calendar
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from ingest.dates import parse_date
from ingest.fetch import Fetcher, Page
from ingest.fields import Fields
from ingest.guard import checked_url
from qa.errors import ArticleError, FetchError

_MOST_SITEMAPS = 20  # of a sitemap index
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_BLOCKS = "p h2 h3 h4 li blockquote pre td"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of a feed or sitemap; `fields` is what stands there of the article."""

    url: str
    mark: str
    fields: Fields


def feed_links(page: Page) -> list[Link]:
    """Give the entries of an RSS or Atom feed, in its order."""
    import feedparser

    # As a stream: a name of a file, or an address, is never opened.
    parsed = feedparser.parse(
        io.BytesIO(page.content),
        response_headers={"content-type": f"{page.content_type}; charset={page.charset or 'utf-8'}"},
    )
    if not parsed.entries and parsed.bozo:
        raise ArticleError(f"{page.url} is a feed that cannot be read ({parsed.bozo_exception})")
    outlet = str(parsed.feed.get("title", "")).strip()
    links: dict[str, Link] = {}
    for entry in parsed.entries:
        url = urljoin(page.url, str(entry.get("link", "")).strip())
        try:
            url = checked_url(url)
        except FetchError:
            continue
        bodies = [_fragment_text(content.get("value", "")) for content in entry.get("content", [])]
        fields = Fields(
            title=_fragment_text(entry.get("title", "")),
            text=max(bodies, key=len, default=""),
            source=outlet,
            author=str(entry.get("author", "")).strip(),
            published_at=_feed_date(entry.get("published_parsed")),
        )
        # feedparser's own `get` takes one date for another where that is not there.
        said = [dict.get(entry, key, "") for key in ("id", "title", "published", "updated", "summary")]
        links.setdefault(url, Link(url, _mark(*said, fields.text), fields))
    return list(links.values())


def _feed_date(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, TypeError):
        return None


def _fragment_text(fragment: str) -> str:
    """Give the text of a piece of HTML, a paragraph a block."""
    if not fragment.strip():
        return ""
    import lxml.etree
    import lxml.html

    try:
        tree = lxml.html.fragment_fromstring(fragment, create_parent="div")
    except (lxml.etree.LxmlError, ValueError):
        return ""
    for unwanted in tree.xpath("//script|//style|//figure|//iframe"):
        unwanted.drop_tree()
    blocks = [
        block
        for block in tree.iter(*_BLOCKS.split())
        if not any(True for _ in block.iter("p")) or block.tag == "p"
    ]
    texts = [" ".join(block.text_content().split()) for block in blocks or [tree]]
    return "\n\n".join(text for text in texts if text)


def sitemap_links(page: Page, fetcher: Fetcher) -> Iterator[Link]:
    """Give the pages of a sitemap, the newest first; those of the sitemaps that an index names."""
    root = _xml(page)
    if root.tag.endswith("}sitemapindex") or root.tag == "sitemapindex":
        nested = sorted(_children(root, "sitemap"), key=lambda s: _text(s, "lastmod"), reverse=True)
        for sitemap in nested[:_MOST_SITEMAPS]:
            inner = fetcher.get(urljoin(page.url, _text(sitemap, "loc")))
            inner_root = _xml(inner)
            if inner_root.tag.endswith("urlset"):
                yield from _url_links(inner_root, inner.url)
        return
    yield from _url_links(root, page.url)


def _url_links(root: Any, base: str) -> list[Link]:
    found = []
    for place in _children(root, "url"):
        try:
            url = checked_url(urljoin(base, _text(place, "loc")))
        except FetchError:
            continue
        published = (place.findtext(f"{_NEWS}news/{_NEWS}publication_date") or "").strip()
        fields = Fields(
            title=(place.findtext(f"{_NEWS}news/{_NEWS}title") or "").strip(),
            source=(place.findtext(f"{_NEWS}news/{_NEWS}publication/{_NEWS}name") or "").strip(),
            published_at=parse_date(published),
        )
        changed = _text(place, "lastmod") or published
        found.append((changed, Link(url, _mark(url, changed, fields.title), fields)))
    return [link for _, link in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _xml(page: Page) -> Any:
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return lxml.etree.fromstring(page.content, parser)
    except (lxml.etree.XMLSyntaxError, ValueError) as exc:
        raise ArticleError(f"{page.url} is a sitemap that cannot be read ({exc})") from exc


def _children(root: Any, name: str) -> Iterator[Any]:
    return (child for child in root if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name)


def _text(place: Any, name: str) -> str:
    return next((str(child.text or "").strip() for child in _children(place, name)), "")


def _mark(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "replace")).hexdigest()[:24]

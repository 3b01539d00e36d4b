"""What an address holds: an article, a feed (RSS, Atom) or a news sitemap; and what is new there."""

import calendar
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ingest.dates import parse_date
from ingest.fetch import Fetcher, Page, checked_url
from ingest.formats import Fields, read_html, read_pdf, read_plain
from ingest.loaders import Unreadable, to_article
from qa.catalog import Catalog
from qa.config import Settings
from qa.errors import ArticleError, FetchError
from qa.ledger import Fetched
from qa.models import Article

FEED_MARK = "feed"
_FULL_TEXT = 600  # characters from which on a feed's entry is the whole article and its page is not fetched
_MOST_SITEMAPS = 20  # of a sitemap index
_ROOT = re.compile(rb"<(?:[\w-]+:)?(rss|feed|RDF|urlset|sitemapindex|html)\b", re.IGNORECASE)
_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|mc_cid|mc_eid|ocid|cmpid|ns_\w+)$", re.IGNORECASE)
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_BLOCKS = "p h2 h3 h4 li blockquote pre td"


@dataclass(frozen=True, slots=True)
class WebEntry:
    """One article of an address.

    Attributes:
        loaded: the article, or why there is none; None: it is what is known already.
        article_id: of what is known already.
        fetched: what to remember once the article is in the index.
        named: the user gave this very address.
    """

    loaded: Article | Unreadable | None
    article_id: str = ""
    fetched: Fetched | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class _Link:
    """An entry of a feed or sitemap; `fields` is what stands there of the article."""

    url: str
    mark: str
    fields: Fields


def visit(url: str, fetcher: Fetcher, catalog: Catalog, settings: Settings) -> Iterator[WebEntry]:
    """Look at an address, and give what is new there and what is known already.

    A feed's own validators come last, and only when every entry could be read: what failed is tried next time.

    Args:
        url: of a page, a feed or a sitemap.
        fetcher: asks the servers.
        catalog: knows what was there the last time.
        settings: how many entries are read.
    """
    known = catalog.ledger.fetched(url)
    there = known.mark == FEED_MARK or catalog.fingerprint_and_origin(known.article_id) is not None
    try:
        page = fetcher.get(url, known.etag, known.last_modified) if there else fetcher.get(url)
        if page.status == 304:
            if known.article_id:
                yield WebEntry(None, known.article_id, named=True)
            return
        kind = _kind(page)
        if kind not in ("feed", "sitemap"):
            yield _article_entry(page, kind, url, Fields(), named=True)
            return
        links = _feed_links(page) if kind == "feed" else list(_sitemap_links(page, fetcher))
    except ArticleError as exc:
        yield WebEntry(Unreadable(url, _named(url, exc)), named=True)
        return
    whole = True
    for link in links[: settings.feed_entries]:
        entry = _follow(link, fetcher, catalog)
        whole = whole and not isinstance(entry.loaded, Unreadable)
        yield entry
    if whole:
        yield WebEntry(None, fetched=Fetched(url, page.etag, page.last_modified, FEED_MARK))


def load_page(url: str, fetcher: Fetcher) -> list[Article | Unreadable]:
    """Read the article of one page, without an index: for a preview.

    Raises:
        FetchError: it cannot be fetched, or is a feed.
    """
    page = fetcher.get(url)
    kind = _kind(page)
    if kind in ("feed", "sitemap"):
        links = _feed_links(page) if kind == "feed" else list(_sitemap_links(page, fetcher))
        raise FetchError(f"{url} is a {kind} of {len(links)} articles: give the address of one to look at it")
    loaded = _article_entry(page, kind, url, Fields(), named=True).loaded
    return [loaded] if loaded is not None else []


def _follow(link: _Link, fetcher: Fetcher, catalog: Catalog) -> WebEntry:
    """Read the article that an entry points to, unless it is what is known already."""
    known = catalog.ledger.fetched(link.url)
    there = catalog.fingerprint_and_origin(known.article_id) is not None
    if known.mark == link.mark and (there or not known.article_id):
        return WebEntry(None, known.article_id)
    try:
        if len(link.fields.text) >= _FULL_TEXT:
            article = to_article(replace(link.fields, url=link.url), link.url, link.url)
            return WebEntry(article, fetched=Fetched(link.url, mark=link.mark, article_id=article.id))
        page = fetcher.get(link.url, known.etag, known.last_modified) if there else fetcher.get(link.url)
        if page.status == 304:
            return WebEntry(None, known.article_id, replace(known, mark=link.mark))
        entry = _article_entry(page, _kind(page), link.url, link.fields, named=False)
        return replace(entry, fetched=replace(entry.fetched, mark=link.mark) if entry.fetched else None)
    except ArticleError as exc:
        return WebEntry(Unreadable(link.url, _named(link.url, exc)), fetched=Fetched(link.url, mark=link.mark))


def _article_entry(page: Page, kind: str, url: str, entry: Fields, *, named: bool) -> WebEntry:
    """Read a page as an article; what it does not say of itself, its entry in a feed may.

    Raises:
        ArticleError: it holds none.
    """
    if kind == "html":
        try:
            fields = read_html(page.content, page.charset, page.url)
        except ArticleError as exc:
            hint = _feed_hint(page)
            raise ArticleError(f"{url} {exc}{hint}") from exc
    elif kind == "pdf":
        fields = read_pdf(page.content)
    elif kind == "text":
        fields = read_plain(page.content)
    else:
        raise ArticleError(f"{url} is a {kind}, not a page")
    address = _own_address(fields.url, page.url)
    fields = replace(
        fields,
        url=address,
        title=fields.title or entry.title,
        source=fields.source or entry.source or (urlsplit(address).hostname or "").removeprefix("www."),
        author=fields.author or entry.author,
        published_at=fields.published_at or entry.published_at,
    )
    try:
        article = to_article(fields, url, address)
    except ArticleError as exc:
        raise ArticleError(f"{url} {exc}") from exc
    fetched = Fetched(url, page.etag, page.last_modified, "", article.id)
    return WebEntry(article, article.id, fetched, named)


def _named(url: str, exc: ArticleError) -> str:
    """Give a reason that names its address, once."""
    return str(exc) if url in str(exc) or isinstance(exc, FetchError) else f"{url} {exc}"


def _kind(page: Page) -> str:
    head = page.content[:4000]
    if page.content_type == "application/pdf" or head.startswith(b"%PDF"):
        return "pdf"
    root = _ROOT.search(head)
    name = root[1].decode().lower() if root else ""
    if name in ("rss", "feed", "rdf"):
        return "feed" if page.content_type != "text/html" or not _is_html(head) else "html"
    if name in ("urlset", "sitemapindex"):
        return "sitemap"
    if name == "html" or page.content_type in ("text/html", "application/xhtml+xml"):
        return "html"
    if page.content_type in ("text/plain", ""):
        return "text"
    raise FetchError(f"{page.url} is XML of no known kind: give a page, an RSS or Atom feed, or a news sitemap")


def _is_html(head: bytes) -> bool:
    return b"<!doctype html" in head.lower() or b"<html" in head.lower()


def _own_address(canonical: str, fetched: str) -> str:
    """Give the address of an article: what the page calls its own, if that is of the same site."""
    address = urljoin(fetched, canonical) if canonical else fetched
    try:
        address = checked_url(address)
    except FetchError:
        address = fetched
    if _site(address) != _site(fetched):
        address = fetched
    parts = urlsplit(address)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def _site(url: str) -> str:
    host = (urlsplit(url).hostname or "").lower()
    return re.sub(r"^(?:www|m|mobile|amp)\.", "", host)


def _feed_hint(page: Page) -> str:
    import lxml.html

    tree = lxml.html.document_fromstring(page.content)
    kinds = ("application/rss+xml", "application/atom+xml")
    found = [tag.get("href") for tag in tree.iterfind(".//link[@rel='alternate']") if tag.get("type") in kinds]
    return f" Its feed is {urljoin(page.url, found[0])}" if found and found[0] else ""


def _feed_links(page: Page) -> list[_Link]:
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
    links: dict[str, _Link] = {}
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
        said = [entry.get(key, "") for key in ("id", "title", "published", "updated", "summary")]
        links.setdefault(url, _Link(url, _mark(*said, fields.text), fields))
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


def _sitemap_links(page: Page, fetcher: Fetcher) -> Iterator[_Link]:
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


def _url_links(root: Any, base: str) -> list[_Link]:
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
        found.append((changed, _Link(url, _mark(url, changed, fields.title), fields)))
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

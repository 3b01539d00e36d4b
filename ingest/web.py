"""What an address holds: an article, a feed (RSS, Atom) or a news sitemap; and what is new there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ingest.feeds import Link, feed_links, sitemap_links
from ingest.fetch import Fetcher, Page
from ingest.fields import Fields
from ingest.formats import read_pdf, read_plain
from ingest.guard import checked_url
from ingest.loaders import Unreadable, to_article
from ingest.page import read_html
from qa.catalog import Catalog
from qa.config import Settings
from qa.errors import ArticleError, FetchError
from qa.ledger import Fetched
from qa.models import Article

FEED_MARK = "feed"
_FULL_TEXT = 600  # characters from which on a feed's entry is the whole article and its page is not fetched
_ROOT = re.compile(rb"<(?:[\w-]+:)?(rss|feed|RDF|urlset|sitemapindex|html)\b", re.IGNORECASE)
_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|mc_cid|mc_eid|ocid|cmpid|ns_\w+)$", re.IGNORECASE)


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
        links = feed_links(page) if kind == "feed" else list(sitemap_links(page, fetcher))
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
        links = feed_links(page) if kind == "feed" else list(sitemap_links(page, fetcher))
        raise FetchError(f"{url} is a {kind} of {len(links)} articles: give the address of one to look at it")
    loaded = _article_entry(page, kind, url, Fields(), named=True).loaded
    return [loaded] if loaded is not None else []


def _follow(link: Link, fetcher: Fetcher, catalog: Catalog) -> WebEntry:
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

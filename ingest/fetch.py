"""Fetch pages and feeds from the web: politely, within limits, and never from a private address (guard.py).

Proxies of the environment are not used: behind one, the address that is connected to could not be checked.
"""

import contextlib
import random
import ssl
import threading
import time
import typing
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import httpcore

from ingest.guard import GuardedBackend, PassingError, checked_url, time_left
from qa.config import Settings
from qa.errors import FetchError

Headers = Mapping[bytes | str, bytes | str]
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses worth another attempt
_LONGEST_WAIT = 60.0  # seconds before another attempt, whatever the server asks for
_MOST_CRAWL_DELAY = 30.0
_ROBOTS_BYTES = 512 * 1024
_ROBOTS_SECONDS = 3600.0  # before a host's robots.txt is asked for again
TYPES = (
    "text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml", "application/rss+xml",
    "application/atom+xml", "application/rdf+xml", "application/pdf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent."""

    url: str  # after redirects
    status: int  # 200, or 304: not changed
    content: bytes
    content_type: str
    charset: str
    etag: str
    last_modified: str


class Fetcher:
    """Fetches pages for one run, remembering when it asked each host and what its robots.txt says.

    Args:
        settings: limits, politeness, and whether this machine itself may be asked.
        should_stop: asked while waiting; True ends the wait.
    """

    def __init__(self, settings: Settings, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._settings = settings
        self._should_stop = should_stop
        self._asked: dict[str, float] = {}  # host -> when it was last asked
        self._robots: dict[str, tuple[float, typing.Any]] = {}

    def get(self, url: str, etag: str = "", last_modified: str = "") -> Page:
        """Fetch an address.

        Args:
            url: http or https.
            etag: of what is known already.
            last_modified: likewise.

        Returns:
            The page; with status 304 and no content, when it is what is known already.

        Raises:
            FetchError: refused, not allowed, too large, too slow, or not of a type that can be read.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers: Headers = {name: value for name, value in conditions.items() if value}
        most = int(self._settings.fetch_max_mb * 1024 * 1024)
        url = checked_url(url)
        for _ in range(_MOST_REDIRECTS + 1):
            self._ask_robots(url)
            page, location = self._patiently(url, headers, most)
            if not location:
                return page
            url = checked_url(urljoin(url, location))
        raise FetchError(f"{url} redirects more than {_MOST_REDIRECTS} times: give the address it leads to")

    def _patiently(self, url: str, headers: Headers, most: int) -> tuple[Page, str]:
        """Request, again after a failure that may pass; gives the page, or where it redirects to."""
        for attempt in range(self._settings.fetch_retries + 1):
            self._wait_for_turn(url)
            try:
                return _request(url, headers, most, self._settings)
            except PassingError as exc:
                last = attempt == self._settings.fetch_retries
                if last or self._should_stop():
                    raise FetchError(f"{exc} ({attempt + 1} attempts)") from exc
                backoff = 2**attempt * (0.5 + random.random())  # noqa: S311  spreads requests, keeps no secret
                self._sleep(min(exc.after if exc.after is not None else backoff, _LONGEST_WAIT))
        raise AssertionError("unreachable")

    def _wait_for_turn(self, url: str) -> None:
        host = urlsplit(url).netloc
        delay = self._settings.fetch_delay
        robots = self._robots.get(_root(url))
        if robots is not None and robots[1] is not None:
            asked_for = robots[1].crawl_delay(self._settings.user_agent)
            delay = max(delay, min(float(asked_for or 0), _MOST_CRAWL_DELAY))
        self._sleep(self._asked.get(host, -delay) + delay - time.monotonic())
        self._asked[host] = time.monotonic()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._should_stop():
            time.sleep(min(left, 0.2))

    def _ask_robots(self, url: str) -> None:
        """Refuse what the host's robots.txt forbids; a host without one forbids nothing (RFC 9309)."""
        if not self._settings.respect_robots:
            return
        root = _root(url)
        known = self._robots.get(root)
        if known is None or time.monotonic() - known[0] > _ROBOTS_SECONDS:
            known = (time.monotonic(), self._load_robots(root))
            self._robots[root] = known
        if known[1] is not None and not known[1].can_fetch(url, self._settings.user_agent):
            raise FetchError(f"{url} must not be fetched: the site's robots.txt forbids it")

    def _load_robots(self, root: str) -> typing.Any:
        from protego import Protego

        url = f"{root}/robots.txt"
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                page, location = self._patiently(url, {}, _ROBOTS_BYTES)
            except (_StatusError, _UnfitError):
                return None
            if not location:
                return Protego.parse(page.content.decode("utf-8", "replace"))
            url = checked_url(urljoin(url, location))
        return None


class _StatusError(FetchError):
    """The server says that there is nothing, or nothing for us; a robots.txt that is not there forbids nothing."""


class _UnfitError(FetchError):
    """What the server has is too large, or of another type."""


def _request(url: str, headers: Headers, most: int, settings: Settings) -> tuple[Page, str]:
    """Make one request; gives the page, or an empty one and where it redirects to."""
    deadline = time.monotonic() + settings.fetch_timeout
    sent: dict[bytes | str, bytes | str] = {
        "Host": urlsplit(url).netloc,
        "User-Agent": settings.user_agent,
        "Accept": "text/html, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **headers,
    }
    guard = GuardedBackend(deadline, allow_loopback=settings.allow_loopback)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_ssl_context(), network_backend=guard, max_connections=1) as pool,
            pool.stream("GET", url, headers=sent) as response,
        ):
            return _read(url, response, most, deadline)
    except (httpcore.TimeoutException, TimeoutError) as exc:
        raise PassingError(f"{url} took longer than {settings.fetch_timeout:g} s: try again later") from exc
    except ssl.SSLError as exc:
        raise FetchError(f"{url} has no valid certificate ({exc.reason})") from exc
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as exc:
        if "CERTIFICATE" in str(exc).upper():
            raise FetchError(f"{url} has no valid certificate: {exc}") from exc
        raise PassingError(f"{url} cannot be fetched ({exc or type(exc).__name__})") from exc


def _read(url: str, response: httpcore.Response, most: int, deadline: float) -> tuple[Page, str]:
    fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    status = response.status
    if status in _REDIRECTS and fields.get("location"):
        return Page(url, status, b"", "", "", "", ""), fields["location"]
    content_type, charset = _content_type(fields.get("content-type", ""))
    page = Page(url, status, b"", content_type, charset, fields.get("etag", ""), fields.get("last-modified", ""))
    if status == 304:
        return page, ""
    if status in _PASSING:
        raise PassingError(f"{url} answers with status {status}", _seconds(fields.get("retry-after", "")))
    if status != 200:
        raise _StatusError(f"{url} answers with status {status}: check the address")
    if content_type and content_type not in TYPES:
        raise _UnfitError(f"{url} is of type {content_type}: give a page, a feed, a sitemap or a PDF")
    announced = fields.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise _too_large(url, most)
    content = _unpacked(url, response.iter_stream(), fields.get("content-encoding", ""), most, deadline)
    return Page(url, 200, content, content_type, charset, page.etag, page.last_modified), ""


def _unpacked(url: str, parts: Iterable[bytes], encoding: str, most: int, deadline: float) -> bytes:
    """Read a body, unpacking it bit by bit, so that a bomb is noticed before it is whole."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise FetchError(f"{url} is packed in a way that was not asked for ({encoding})")
    packed = encoding.endswith("gzip")
    stream = zlib.decompressobj(wbits=31)
    content = bytearray()
    try:
        for part in parts:
            time_left(deadline)
            content += stream.decompress(part, most + 1 - len(content)) if packed else part
            if len(content) > most or (packed and stream.unconsumed_tail):
                raise _too_large(url, most)
    except zlib.error as exc:
        raise PassingError(f"{url} is damaged ({exc})") from exc
    if packed and content and not stream.eof:
        raise PassingError(f"{url} ends too early")
    return bytes(content)


def _too_large(url: str, most: int) -> FetchError:
    return _UnfitError(
        f"{url} is larger than {most / 1024 / 1024:g} MB (NEWSDESK_FETCH_MAX_MB): is it an article?"
    )


def _content_type(header: str) -> tuple[str, str]:
    kind, _, parameters = header.partition(";")
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'")
    return kind.strip().lower(), charset


def _seconds(retry_after: str) -> float | None:
    if retry_after.strip().isdigit():
        return float(retry_after)
    from email.utils import parsedate_to_datetime

    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    return None


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


_ssl_lock = threading.Lock()


def _ssl_context() -> ssl.SSLContext:
    with _ssl_lock:
        return _make_ssl_context()


@lru_cache(maxsize=1)
def _make_ssl_context() -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=certifi.where())

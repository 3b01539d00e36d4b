"""Which addresses may be fetched, and connections that go to no other.

The guard sits where connections are made, so nothing gets around it: a name is resolved once, every address it
has is checked, and the connection goes to a checked address, whatever the name says a moment later. A redirect
is a new request and is checked as such.
"""

import ipaddress
import socket
import ssl
import time
import typing
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

import httpcore

from qa.errors import FetchError

SCHEMES = ("http", "https")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PassingError(FetchError):
    """A failure that may pass; `after` is how long the server asks to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


def checked_url(url: str) -> str:
    """Give an address in the form in which it is asked for: no fragment, no credentials, an ASCII host.

    Raises:
        FetchError: not http or https, or no address at all.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise FetchError(f"{url} is no address that can be fetched: {exc}") from exc
    if parts.scheme.lower() not in SCHEMES or not host:
        raise FetchError(f"{url} cannot be fetched: give an address that begins with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise FetchError(f"{host}: an address with a name and password in it is not fetched; take them out")
    if ":" not in host:
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as exc:
            raise FetchError(f"{url} has no valid host name") from exc
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    quoted = "".join(c if c.isascii() and c.isprintable() and c != " " else _percent(c) for c in parts.path or "/")
    query = "".join(c if c.isascii() and c.isprintable() and c != " " else _percent(c) for c in parts.query)
    return urlunsplit((parts.scheme.lower(), netloc, quoted, query, ""))


def check_address(address: str, *, allow_loopback: bool) -> None:
    """Refuse an IP address that is not one of the public internet.

    Args:
        address: IPv4 or IPv6, with a zone perhaps.
        allow_loopback: whether this machine itself is allowed.

    Raises:
        FetchError: private, loopback, link-local, multicast, reserved, or an IPv6 form of such a one.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if allow_loopback and ip.is_loopback:
        return
    for inner in (ip, *_embedded(ip)):
        if not inner.is_global or inner.is_multicast or inner.is_reserved or inner.is_unspecified:
            raise FetchError(f"{address} is not an address of the public internet")


def _embedded(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterable[ipaddress.IPv4Address]:
    """Give the IPv4 addresses that an IPv6 address stands for: mapped, 6to4, Teredo, NAT64, compatible."""
    if isinstance(ip, ipaddress.IPv4Address):
        return
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64 or int(ip) >> 32 == 0:
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    yield from (inner for inner in found if inner is not None)


def resolve(host: str, port: int, *, allow_loopback: bool) -> list[str]:
    """Give the addresses of a host, every one of them checked.

    Raises:
        FetchError: unknown, or one of its addresses is not of the public internet.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise PassingError(f"{host} cannot be found: check the address and the connection") from exc
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        try:
            check_address(address, allow_loopback=allow_loopback)
        except FetchError as exc:
            raise FetchError(f"{host} must not be fetched: {exc}") from exc
    return addresses


class GuardedBackend(httpcore.NetworkBackend):
    """Makes connections to checked addresses only, within a time that all reading and writing shares."""

    def __init__(self, deadline: float, *, allow_loopback: bool) -> None:
        self._deadline = deadline
        self._allow_loopback = allow_loopback
        self._plain = httpcore.SyncBackend()

    def connect_tcp(  # noqa: D102  httpcore's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: typing.Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = resolve(host, port, allow_loopback=self._allow_loopback)
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(address, port, time_left(self._deadline), None, socket_options)
                return _TimedStream(stream, self._deadline)
            except httpcore.ConnectError:
                if address == addresses[-1]:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, *args: typing.Any, **kwargs: typing.Any) -> httpcore.NetworkStream:
        """Never."""
        raise httpcore.ConnectError("no local sockets")

    def sleep(self, seconds: float) -> None:  # noqa: D102  httpcore's
        time.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step ends at one moment, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, time_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, time_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, time_left(self._deadline))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> typing.Any:
        return self._stream.get_extra_info(info)


def time_left(deadline: float) -> float:
    """Give the seconds to a moment of the monotonic clock; a time-out when it is past."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))

"""A real HTTP server on loopback that misbehaves on request: what the fetching of pages is tested against."""

import gzip
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html><head><title>{title}</title><meta property="og:site_name" content="The Post">
<meta property="article:published_time" content="2025-02-12T10:30:00Z">{head}</head><body><article><h1>{title}</h1>
<p>{text} The council of Aldmoor voted on it, and the mayor spoke of a good day for the town.</p>
<p>Critics called the plan too costly. Nobody knows yet what it will cost in the end, they said.</p>
</article></body></html>"""


def page(title: str, text: str, head: str = "") -> bytes:
    return PAGE.format(title=title, text=text, head=head).encode()


class NewsServer:
    """Serves `pages`: path -> bytes, or a function of the request handler; keeps what it was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.types: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()
        outer = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                found = outer.pages.get(self.path)
                if found is None:
                    send(self, b"not here", status=404)
                elif callable(found):
                    found(self)
                else:
                    tag = f'"{hash(found)}"'
                    if self.headers.get("If-None-Match") == tag:
                        send(self, b"", status=304)
                    else:
                        send(self, found, outer.types.get(self.path, "text/html; charset=utf-8"), ETag=tag)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that hangs up is what is tested
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> "NewsServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


def send(
    request: BaseHTTPRequestHandler, body: bytes, kind: str = "text/html", status: int = 200, **headers: str
) -> None:
    request.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def redirect(to: str, status: int = 302) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda request: send(request, b"", status=status, Location=to)


def stall(server: NewsServer) -> Callable[[BaseHTTPRequestHandler], None]:
    """Promise a page and drip it, a byte at a time, for ever: no single read ever times out."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        while not server.stopping.wait(0.1):
            try:
                request.wfile.write(b" ")
            except OSError:
                return

    return drip


def lie_about_length(request: BaseHTTPRequestHandler) -> None:
    """Announce more than is sent, and hang up."""
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.send_header("Content-Length", "100000")
    request.end_headers()
    request.wfile.write(b"<html>short")
    request.close_connection = True


def bomb(megabytes: int) -> Callable[[BaseHTTPRequestHandler], None]:
    packed = gzip.compress(bytes(megabytes * 1024 * 1024))
    return lambda request: send(request, packed, Content_Encoding="gzip")


def fail_first(times: int, body: bytes, status: int = 503) -> Callable[[BaseHTTPRequestHandler], None]:
    left = [times]

    def answer(request: BaseHTTPRequestHandler) -> None:
        left[0] -= 1
        if left[0] >= 0:
            send(request, b"", status=status, Retry_After="0")
        else:
            send(request, body)

    return answer

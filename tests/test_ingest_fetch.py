"""Fetching, against a real server on loopback that redirects, stalls, lies and sends bombs."""

import gzip
import socket
import threading
import time

import pytest

from ingest.fetch import Fetcher
from ingest.guard import check_address, checked_url, resolve
from qa.errors import FetchError
from tests.news_server import NewsServer, bomb, fail_first, lie_about_length, page, redirect, send, stall


@pytest.fixture
def server():
    started = NewsServer().start()
    yield started
    started.stop()


@pytest.fixture
def fetcher(make_settings):
    def make(**overrides):
        return Fetcher(
            make_settings(**{"allow_loopback": True, "fetch_delay": 0, "fetch_timeout": 2, **overrides})
        )

    return make


@pytest.mark.parametrize(
    "address",
    (
        "127.0.0.1 127.8.9.1 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 "
        "239.1.2.3 255.255.255.255 192.0.2.1 198.18.0.1 240.0.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 "
        "fd12::1 ff02::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:93.184.216.34 "
        "64:ff9b::a00:1 2002:a00:1:: 2002:7f00:1::1 ::7f00:1 2001:db8::1"
    ).split(),
)
def test_no_address_but_the_public_internets_is_allowed(address):
    with pytest.raises(FetchError, match="public internet"):
        check_address(address, allow_loopback=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_allowed(address):
    check_address(address, allow_loopback=False)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"])
def test_allowing_loopback_allows_nothing_else(address):
    check_address("127.0.0.1", allow_loopback=True)
    check_address("::1", allow_loopback=True)
    with pytest.raises(FetchError):
        check_address(address, allow_loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/x", "gopher://example.org", "javascript:alert(1)", "x",
        "data:text/html,x", "http://", "http:///path", "https://user:secret@example.org/", "http://[::1",
        "http://example.org:99999/",
    ],
)  # fmt: skip
def test_only_plain_http_and_https_addresses_are_asked_for(url):
    with pytest.raises(FetchError) as caught:
        checked_url(url)
    assert "secret" not in str(caught.value)


def test_an_address_is_asked_for_in_ascii_without_its_fragment():
    assert checked_url("HTTP://bücher.example/ä b?q=é#part") == (
        "http://xn--bcher-kva.example/%C3%A4%20b?q=%C3%A9"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_under_every_name_before_a_connection_is_made(server, make_settings, host):
    port = server.root.rpartition(":")[2]
    server.pages["/"] = page("Secret", "Secret.")
    with pytest.raises(FetchError, match="must not be fetched"):
        Fetcher(make_settings(fetch_retries=0, fetch_delay=0)).get(f"http://{host}:{port}/")
    assert server.asked == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    def answers(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        resolve("news.example", 80, allow_loopback=False)


def test_the_connection_goes_to_the_address_that_was_checked(server, fetcher, monkeypatch):
    """A name that gives another address the second time (DNS rebinding) is asked only once."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host, *args, **kwargs):
        if host != "news.example":
            return real(host, *args, **kwargs)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    server.pages["/a"] = page("Tram", "It opens.")
    got = fetcher(respect_robots=False).get(f"http://news.example:{server.root.rpartition(':')[2]}/a")
    assert b"It opens." in got.content
    assert asked == ["news.example"]
    assert server.asked[0][1]["host"].startswith("news.example:")  # the name is what the server is asked for


def test_a_page_is_fetched_with_a_polite_name(server, fetcher):
    server.pages["/a"] = page("Tram", "It opens.")
    got = fetcher().get(f"{server.root}/a")
    assert (got.status, got.content_type, got.charset) == (200, "text/html", "utf-8")
    assert server.paths() == ["/robots.txt", "/a"]
    assert "newsdesk" in server.asked[1][1]["user-agent"]


def test_what_has_not_changed_is_not_sent_again(server, fetcher):
    server.pages["/a"] = page("Tram", "It opens.")
    first = fetcher().get(f"{server.root}/a")
    again = fetcher().get(f"{server.root}/a", first.etag, first.last_modified)
    assert (again.status, again.content) == (304, b"")


def test_a_server_without_etags_is_asked_by_date(server, fetcher):
    day = "Wed, 12 Feb 2025 10:30:00 GMT"

    def dated(request):
        known = request.headers.get("If-Modified-Since") == day
        send(request, b"" if known else page("Tram", "It opens."), status=304 if known else 200, Last_Modified=day)

    server.pages["/a"] = dated
    first = fetcher().get(f"{server.root}/a")
    assert (first.etag, first.last_modified) == ("", day)
    assert fetcher().get(f"{server.root}/a", first.etag, first.last_modified).status == 304


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server, fetcher, status):
    server.pages |= {"/old": redirect("/new", status), "/new": page("Tram", "It opens.")}
    assert fetcher().get(f"{server.root}/old").url == f"{server.root}/new"


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("http://169.254.169.254/latest/meta-data/", "public internet"),
        ("http://10.0.0.1/", "public internet"),
        ("http://[::ffff:192.168.0.1]/", "public internet"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://user:pass@example.org/", "password"),
    ],
)
def test_a_redirect_is_checked_as_a_request_of_its_own(server, fetcher, target, word):
    server.pages["/trap"] = redirect(target)
    with pytest.raises(FetchError, match=word):
        fetcher(fetch_retries=0).get(f"{server.root}/trap")


def test_redirects_that_go_round_end(server, fetcher):
    server.pages["/a"] = redirect("/a")
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        fetcher().get(f"{server.root}/a")


def test_a_server_that_drips_for_ever_is_given_up_in_time(server, fetcher):
    server.pages["/slow"] = stall(server)
    started = time.monotonic()
    with pytest.raises(FetchError, match="took longer than 1 s"):
        fetcher(fetch_timeout=1, fetch_retries=0).get(f"{server.root}/slow")
    assert time.monotonic() - started < 4


def test_a_server_that_never_answers_is_given_up_in_time(fetcher):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        with pytest.raises(FetchError, match="took longer"):
            fetcher(fetch_timeout=1, fetch_retries=0, respect_robots=False).get(
                f"http://127.0.0.1:{silent.getsockname()[1]}/"
            )
    assert time.monotonic() - started < 4


def test_an_answer_shorter_than_announced_is_no_page(server, fetcher):
    server.pages["/lie"] = lie_about_length
    with pytest.raises(FetchError, match="cannot be fetched"):
        fetcher(fetch_retries=0).get(f"{server.root}/lie")


def test_a_bomb_is_noticed_before_it_is_whole(server, fetcher):
    import tracemalloc

    server.pages["/bomb"] = bomb(200)
    tracemalloc.start()
    with pytest.raises(FetchError, match="larger than 1 MB"):
        fetcher(fetch_max_mb=1).get(f"{server.root}/bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


@pytest.mark.parametrize("announced", [True, False])
def test_an_answer_that_is_too_large_is_refused(server, fetcher, announced):
    def large(request):
        if announced:
            send(request, b"x" * 3_000_000)
            return
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        request.wfile.write(b"x" * 3_000_000)
        request.close_connection = True

    server.pages["/large"] = large
    with pytest.raises(FetchError, match="NEWSDESK_FETCH_MAX_MB"):
        fetcher(fetch_max_mb=1).get(f"{server.root}/large")


def test_a_packed_page_is_unpacked_and_one_cut_short_is_none(server, fetcher):
    packed = gzip.compress(page("Tram", "It opens."))
    server.pages["/ok"] = lambda request: send(request, packed, Content_Encoding="gzip")
    server.pages["/cut"] = lambda request: send(request, packed[:-20], Content_Encoding="gzip")
    assert b"It opens." in fetcher().get(f"{server.root}/ok").content
    with pytest.raises(FetchError, match="ends too early"):
        fetcher(fetch_retries=0).get(f"{server.root}/cut")


def test_other_types_than_articles_are_refused(server, fetcher):
    server.pages["/film"] = lambda request: send(request, b"x", "video/mp4")
    with pytest.raises(FetchError, match="of type video/mp4"):
        fetcher().get(f"{server.root}/film")


def test_a_failure_that_passes_is_tried_again(server, fetcher):
    server.pages["/busy"] = fail_first(2, page("Tram", "It opens."))
    assert fetcher().get(f"{server.root}/busy").status == 200
    assert server.paths().count("/busy") == 3


def test_a_failure_that_stays_is_not_tried_for_ever(server, fetcher):
    server.pages["/busy"] = fail_first(99, b"")
    with pytest.raises(FetchError, match=r"status 503 \(3 attempts\)"):
        fetcher().get(f"{server.root}/busy")
    with pytest.raises(FetchError, match="status 404"):
        fetcher().get(f"{server.root}/nowhere")
    assert server.paths().count("/nowhere") == 1


def test_robots_txt_is_respected(server, fetcher):
    server.pages |= {
        "/robots.txt": b"User-agent: newsdesk\nDisallow: /private/\nCrawl-delay: 0.5\n",
        "/private/a": page("Secret", "Secret."),
        "/a": page("Tram", "It opens."),
        "/b": page("Ferry", "It sails."),
        "/way": redirect("/private/a"),
    }
    polite = fetcher()
    for path in ("/private/a", "/way"):
        with pytest.raises(FetchError, match=r"robots\.txt forbids it"):
            polite.get(f"{server.root}{path}")
    assert "/private/a" not in server.paths()
    assert server.paths().count("/robots.txt") == 1
    started = time.monotonic()
    polite.get(f"{server.root}/a")
    polite.get(f"{server.root}/b")
    assert time.monotonic() - started > 0.5
    assert fetcher(respect_robots=False).get(f"{server.root}/private/a").status == 200


def test_a_host_whose_robots_txt_cannot_be_read_now_is_left_alone(server, fetcher):
    server.pages |= {"/robots.txt": fail_first(99, b"", 500), "/a": page("Tram", "It opens.")}
    with pytest.raises(FetchError, match=r"robots\.txt answers with status 500"):
        fetcher(fetch_retries=0).get(f"{server.root}/a")
    assert "/a" not in server.paths()


def test_waiting_ends_when_the_run_is_stopped(server, make_settings):
    server.pages["/busy"] = lambda request: send(request, b"", status=503, Retry_After="60")
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    settings = make_settings(allow_loopback=True, fetch_delay=0)
    started = time.monotonic()
    with pytest.raises(FetchError):
        Fetcher(settings, stop.is_set).get(f"{server.root}/busy")
    assert time.monotonic() - started < 5

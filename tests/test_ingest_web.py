"""Pages, feeds and sitemaps into the index, from a real server on loopback."""

import json

import pytest

from ingest.fetch import Fetcher
from ingest.intake import (
    Intake,
    Options,
    ingest_addresses,
    ingest_upload,
    open_intake,
    preview_source,
    preview_upload,
    reingest,
)
from ingest.removal import remove_articles
from ingest.report import Outcome
from qa.errors import ArticleError, FetchError
from tests.news_server import NewsServer, fail_first, page
from tests.test_ingest_indexer import CountingEmbeddings

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>The Aldmoor Post</title><link>{root}</link>{entries}</channel></rss>"""
ENTRY = """<item><title>{title}</title><link>{link}</link><guid>{link}</guid>
<pubDate>Wed, 12 Feb 2025 10:30:00 GMT</pubDate><description>Short.</description>{more}</item>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atom Post</title>
<entry><title>Ferry</title><link href="{root}/ferry"/><id>1</id><published>2025-02-12T10:30:00Z</published></entry>
</feed>"""
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{root}/tram</loc><news:news>
<news:publication><news:name>Map Post</news:name></news:publication>
<news:publication_date>2025-02-12</news:publication_date><news:title>Tram</news:title></news:news></url></urlset>"""


@pytest.fixture
def server():
    started = NewsServer().start()
    yield started
    started.stop()


@pytest.fixture
def intake(make_settings, embeddings) -> Intake:
    settings = make_settings(allow_loopback=True, fetch_delay=0, fetch_timeout=3, fetch_retries=0)
    return open_intake(settings, CountingEmbeddings(embeddings))


def feed(server, *entries: tuple[str, str], more: str = "") -> bytes:
    rows = "".join(ENTRY.format(title=t, link=server.root + path, more=more) for t, path in entries)
    server.types["/feed"] = "application/rss+xml"
    return RSS.format(root=server.root, entries=rows).encode()


def test_a_page_becomes_an_article_with_its_metadata(server, intake):
    server.pages["/tram"] = page("Tram line approved", "The tram opens in 2026.")
    report = ingest_addresses(intake, [f"{server.root}/tram?utm_source=x"])
    assert report.summary()["failed"] == 1  # the server knows no such page: query strings are part of an address
    report = ingest_addresses(intake, [f"{server.root}/tram"])
    assert report.summary()["added"] == 1
    (article,) = intake.store.catalog.articles()
    assert (article.id, article.title, article.source) == (f"{server.root}/tram", "Tram line approved", "The Post")
    assert article.published_at.isoformat() == "2025-02-12T10:30:00+00:00"


def test_a_page_that_has_not_changed_is_not_sent_again_and_costs_no_embedding(server, intake):
    server.pages["/tram"] = page("Tram", "The tram opens in 2026.")
    ingest_addresses(intake, [f"{server.root}/tram"])
    texts = intake.model.texts
    report = ingest_addresses(intake, [f"{server.root}/tram"])
    assert report.summary()["unchanged"] == 1
    assert "if-none-match" in server.asked[-1][1]
    assert intake.model.texts == texts
    server.pages["/tram"] = page("Tram", "The tram opens in 2031.")
    assert ingest_addresses(intake, [f"{server.root}/tram"]).summary()["updated"] == 1
    assert intake.store.catalog.counts()[0] == 1
    assert intake.store.search_keywords("2026", 5) == []


def test_a_page_cannot_take_the_place_of_another_sites_article(server, intake):
    hijack = '<link rel="canonical" href="https://bank.example/report">'
    server.pages["/tram"] = page("Tram", "The tram opens in 2026.", hijack)
    ingest_addresses(intake, [f"{server.root}/tram"])
    (article,) = intake.store.catalog.articles()
    assert article.id == article.url == f"{server.root}/tram"


def test_a_feed_brings_its_pages_and_next_time_only_what_is_new(server, intake):
    server.pages |= {
        "/tram": page("Tram", "The tram opens in 2026."),
        "/ferry": page("Ferry", "The ferry sails at nine."),
        "/feed": feed(server, ("Tram", "/tram"), ("Ferry", "/ferry")),
    }
    assert ingest_addresses(intake, [f"{server.root}/feed"]).summary()["added"] == 2
    server.asked.clear()
    assert ingest_addresses(intake, [f"{server.root}/feed"]).summary()["added"] == 0
    assert server.paths() == ["/robots.txt", "/feed"]  # one conditional request, answered with 304
    server.pages["/bridge"] = page("Bridge", "The bridge is closed for repairs.")
    server.pages["/feed"] = feed(server, ("Bridge", "/bridge"), ("Tram", "/tram"), ("Ferry", "/ferry"))
    server.asked.clear()
    report = ingest_addresses(intake, [f"{server.root}/feed"])
    assert (report.summary()["added"], report.summary()["unchanged"]) == (1, 2)
    assert server.paths() == ["/robots.txt", "/feed", "/bridge"]


def test_a_feed_with_whole_articles_needs_no_pages(server, intake):
    body = "".join(
        f"<p>Paragraph {n} of the report on the tram line of Aldmoor and its cost.</p>" for n in range(12)
    )
    more = f"<content:encoded><![CDATA[{body}<script>alert(1)</script>]]></content:encoded>"
    server.pages["/feed"] = feed(server, ("Tram", "/tram"), more=more)
    assert ingest_addresses(intake, [f"{server.root}/feed"]).summary()["added"] == 1
    assert "/tram" not in server.paths()
    (article,) = intake.store.catalog.articles()
    assert (article.source, article.url) == ("The Aldmoor Post", f"{server.root}/tram")
    assert article.published_at.isoformat() == "2025-02-12T10:30:00+00:00"
    assert "alert" not in article.text


def test_an_atom_feed_and_a_news_sitemap_work_as_well(server, intake):
    server.pages |= {
        "/atom": ATOM.format(root=server.root).encode(),
        "/map.xml": SITEMAP.format(root=server.root).encode(),
        "/tram": page("Tram", "The tram opens in 2026."),
        "/ferry": page("Ferry", "The ferry sails at nine."),
    }
    server.types |= {"/atom": "application/atom+xml", "/map.xml": "application/xml"}
    report = ingest_addresses(intake, [f"{server.root}/atom", f"{server.root}/map.xml"])
    assert report.summary()["added"] == 2
    assert {a.title for a in intake.store.catalog.articles()} == {"Tram", "Ferry"}


def test_a_sitemap_cannot_read_files_or_blow_up(server, intake):
    evil = SITEMAP.replace(
        '<?xml version="1.0"?>',
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ).replace("{root}/tram", "{root}/&f;&b;")
    server.pages["/map.xml"] = evil.format(root=server.root).encode()
    server.types["/map.xml"] = "application/xml"
    ingest_addresses(intake, [f"{server.root}/map.xml"])
    assert not any("root:" in path or "aaaa" in path for path in server.paths())


def test_a_failed_entry_is_tried_again_and_then_set_aside(server, intake):
    server.pages |= {"/tram": page("Tram", "The tram opens."), "/broken": fail_first(99, b"", 500)}
    server.pages["/feed"] = feed(server, ("Broken", "/broken"), ("Tram", "/tram"))
    url = f"{server.root}/feed"
    counts = [ingest_addresses(intake, [url]).summary()["failed"] for _ in range(6)]
    assert counts == [1, 1, 1, 1, 0, 0]  # once, and three more attempts
    (failure,) = intake.store.catalog.ledger.failures()
    assert (failure.origin, failure.set_aside, failure.attempts) == (f"{server.root}/broken", True, 4)
    assert "status 500" in failure.reason
    server.pages["/broken"] = page("Mended", "The page is there now.")
    server.pages["/feed"] = feed(server, ("Broken, but new", "/broken"), ("Tram", "/tram"))
    assert ingest_addresses(intake, [url]).summary()["added"] == 1
    assert intake.store.catalog.ledger.failures() == []


def test_one_bad_address_does_not_stop_the_others(server, intake):
    server.pages |= {"/tram": page("Tram", "The tram opens in 2026."), "/front": b"<html><body></body></html>"}
    report = ingest_addresses(
        intake, [f"{server.root}/none", f"{server.root}/front", "http://10.0.0.1/x", f"{server.root}/tram"]
    )
    outcomes = [r.outcome for r in report.results]
    assert outcomes == [Outcome.FAILED] * 3 + [Outcome.ADDED]
    assert "status 404" in report.results[0].reason
    assert "holds no article text" in report.results[1].reason
    assert "public internet" in report.results[2].reason


def test_an_overview_page_names_its_feed(server, intake):
    server.pages["/"] = (
        b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body></body></html>'
    )
    report = ingest_addresses(intake, [f"{server.root}/"])
    assert f"Its feed is {server.root}/feed" in report.results[0].reason


def test_a_removed_article_is_not_brought_back_by_its_feed_but_by_its_name(server, intake):
    server.pages |= {"/tram": page("Tram", "The tram opens in 2026.")}
    server.pages["/feed"] = feed(server, ("Tram", "/tram"))
    ingest_addresses(intake, [f"{server.root}/feed"])
    remove_articles(intake.store, [f"{server.root}/tram"])
    server.pages["/feed"] = feed(server, ("Tram, edited", "/tram"))
    for _ in range(2):
        report = ingest_addresses(intake, [f"{server.root}/feed"])
        assert report.summary()["added"] == report.summary()["failed"] == 0
    assert intake.store.catalog.counts() == (0, 0)
    assert ingest_addresses(intake, [f"{server.root}/tram"]).summary()["added"] == 1


def test_an_upload_is_replaced_by_the_next_of_its_name(intake):
    first = ingest_upload(intake, "tram.txt", b"Tram\n\nThe tram opens in 2026.")
    second = ingest_upload(intake, "C:\\news\\tram.txt", b"Tram\n\nThe tram opens in 2031.")
    assert (first.summary()["added"], second.summary()["updated"]) == (1, 1)
    (article,) = intake.store.catalog.articles()
    assert (article.id, article.origin) == ("uploads/tram.txt", "upload:tram.txt")
    with pytest.raises(ArticleError, match="upload it again"):
        reingest(intake, article.id)
    assert ingest_upload(intake, "virus.exe", b"MZ").summary()["failed"] == 1


def test_previews_show_what_would_be_read_and_touch_no_index(server, make_settings, write_articles):
    settings = make_settings(allow_loopback=True, fetch_delay=0)
    server.pages["/tram"] = page("Tram", "The tram opens in 2026.")
    server.pages["/feed"] = feed(server, ("Tram", "/tram"))
    (shown,) = preview_source(f"{server.root}/tram", settings)
    assert shown.title == "Tram"
    with pytest.raises(FetchError, match="feed of 1 articles"):
        preview_source(f"{server.root}/feed", settings)
    assert [a.title for a in preview_source(str(write_articles(a_txt="T\n\nText.")), settings)] == ["T"]
    assert [a.title for a in preview_upload("a.txt", b"T\n\nText.")] == ["T"]
    assert not settings.data_dir.exists()


def test_an_article_can_be_read_again_by_its_id(server, intake, write_articles):
    from ingest.intake import ingest_paths

    root = write_articles(a_txt="T\n\nText.")
    server.pages["/tram"] = page("Tram", "The tram opens in 2026.")
    ingest_paths(intake, [root])
    ingest_addresses(intake, [f"{server.root}/tram"])
    (root / "a.txt").write_text("T\n\nOther text.", encoding="utf-8")
    server.pages["/tram"] = page("Tram", "The tram opens in 2031.")
    for article_id in ("news/a.txt", f"{server.root}/tram"):
        assert reingest(intake, article_id).summary()["updated"] == 1
    with pytest.raises(ArticleError, match="articles list"):
        reingest(intake, "nothing")
    (root / "a.txt").unlink()
    with pytest.raises(ArticleError, match="is gone"):
        reingest(intake, "news/a.txt")


def test_the_run_stops_between_pages_when_it_is_told_to(server, intake):
    server.pages |= {"/tram": page("Tram", "The tram opens."), "/feed": feed(server, ("Tram", "/tram"))}
    fetcher = Fetcher(intake.settings)
    report = ingest_addresses(intake, [f"{server.root}/feed"], Options(should_stop=lambda: True), fetcher)
    assert report.results == ()
    assert ingest_addresses(intake, [f"{server.root}/feed"]).summary()["added"] == 1


def test_the_command_takes_addresses_and_prints_json(server, run_newsdesk, tmp_path):
    server.pages["/tram"] = page("Tram", "The tram opens in 2026.")
    environment = {"NEWSDESK_ALLOW_LOOPBACK": "true", "NEWSDESK_FETCH_DELAY": "0", "NEWSDESK_FETCH_RETRIES": "0"}
    arguments = ["ingest", f"{server.root}/tram", f"{server.root}/none", "--json", "--data-dir", tmp_path / "i"]
    done = run_newsdesk(*arguments, **environment)
    assert done.returncode == 1, done.stderr
    summary = json.loads(done.stdout)
    assert {k: summary[k] for k in ("added", "updated", "unchanged", "duplicates", "removed", "failed")} == {
        "added": 1, "updated": 0, "unchanged": 0, "duplicates": 0, "removed": 0, "failed": 1,
    }  # fmt: skip
    (failure,) = summary["failures"]
    assert failure["origin"] == f"{server.root}/none"
    assert "status 404" in failure["reason"]
    refused = run_newsdesk(
        "ingest", f"{server.root}/tram", "--data-dir", tmp_path / "j", NEWSDESK_FETCH_RETRIES="0"
    )
    assert refused.returncode == 2
    assert "public internet" in refused.stderr

"""What is read out of each format: text, title, source, author, address, date of publication."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.dates import date_at_head, parse_date
from ingest.loaders import Unreadable, find_files, load_article, load_articles
from ingest.rows import parse_mapping
from qa.errors import ArticleError, SettingsError

FEBRUARY = datetime(2025, 2, 12, tzinfo=UTC)
PAGE = """<!doctype html><html><head><title>Tram line approved - The Aldmoor Post</title>
<link rel="canonical" href="https://post.example/2025/02/tram">
{head}
<meta name="author" content="Jane Roe"><meta property="og:site_name" content="The Aldmoor Post">
</head><body><nav><a href="/">Home</a><a href="/sport">Sport</a></nav><article><h1>Tram line approved</h1>
<p>The council of Aldmoor voted 9 to 4 to build the tram line. It opens in 2026, the mayor said.</p>
<p>Critics called the plan too costly. It will cost 40 million crowns, according to the council.</p></article>
<footer>Copyright 2019 The Aldmoor Post. <time datetime="2019-01-01">1 January</time>
<time datetime="2018-01-01">1 January</time></footer></body></html>"""


def load(path):
    (file,) = find_files([path])
    return load_article(file)


def pdf(*pages: str, title: str = "") -> bytes:
    """Write a PDF by hand: one text line a line of each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for page in pages:
        lines = [f"({line.replace('(', '[').replace(')', ']')}) Tj 0 -14 Td" for line in page.split("\n")]
        stream = f"BT /F1 11 Tf 50 750 Td {' '.join(lines)} ET"
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    info = f"<< /Title ({title}) /CreationDate (D:20200101000000Z) >>"
    objects.append(info)
    out = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    out += (
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{start}\n%%EOF"
    )
    return out.encode("latin-1")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-02-12", FEBRUARY),
        ("12 February 2025", FEBRUARY),
        ("Wednesday, February 12th, 2025", FEBRUARY),
        ("Wed, 12 Feb 2025 10:30:00 +0100", datetime(2025, 2, 12, 9, 30, tzinfo=UTC)),
        ("2025-02-12T10:30:00Z", datetime(2025, 2, 12, 10, 30, tzinfo=UTC)),
        ("31/12/2025", datetime(2025, 12, 31, tzinfo=UTC)),
        ("03/04/2025", None),  # two readings
        ("February 2025", None),
        ("12 February", None),
        ("soon", None),
        ("The 12 February 2025 vote", None),
        ("99 May 2025", None),
    ],
)
def test_a_date_is_read_when_it_is_whole_and_has_one_reading(text, moment):
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Published: 12 February 2025\n\nThe tram.", FEBRUARY),
        ("By Ana Ruiz | 12 February 2025\nThe tram.", FEBRUARY),
        ("OSLO, 12 February 2025 (Reuters) - The tram.", FEBRUARY),
        ("OSLO, Feb 12 (Reuters) - The tram.", None),  # no year: none is made up
        ("The tram opened on 12 February 2025.", None),  # a day in the story is not the day of the story
        ("One.\n\nTwo.\n\nThree.\n\n12 February 2025", None),  # not at the head
    ],
)
def test_the_date_line_at_the_head_of_a_plain_text_is_its_date(text, moment):
    assert date_at_head(text) == moment


def test_a_plain_text_with_a_date_line_has_that_date(write_articles):
    assert load(write_articles(a_txt="Tram\n12 February 2025\n\nIt opens.") / "a.txt").published_at == FEBRUARY


JSON_LD = json.dumps(
    {"@graph": [{"@type": "WebSite"}, {"@type": ["NewsArticle"], "datePublished": "2025-02-12T10:30:00+01:00"}]}
)


@pytest.mark.parametrize(
    "head",
    [
        f'<script type="application/ld+json">{JSON_LD}</script>',
        '<meta property="article:published_time" content="2025-02-12T10:30:00+01:00">',
        '<script type="application/ld+json">{broken</script><meta name="pubdate" content="2025-02-12T09:30:00Z">',
    ],
)
def test_a_page_gives_its_main_text_and_what_it_declares(write_articles, head):
    root = write_articles(page_html=PAGE.replace("{head}", head))
    article = load(root / "page.html")
    assert article.title == "Tram line approved"
    assert article.text.startswith("The council of Aldmoor voted 9 to 4")
    assert "Sport" not in article.text
    assert "Copyright" not in article.text
    assert (article.source, article.author) == ("The Aldmoor Post", "Jane Roe")
    assert article.url == article.id == "https://post.example/2025/02/tram"
    assert article.published_at == datetime(2025, 2, 12, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def test_a_page_that_declares_no_date_has_none(write_articles):
    """Two <time> tags may belong to other stories, and a copyright year is no date."""
    assert load(write_articles(page_html=PAGE.replace("{head}", "")) / "page.html").published_at is None


def test_a_page_in_its_own_declared_encoding_is_read_right(write_articles):
    root = write_articles()
    page = PAGE.replace("{head}", '<meta charset="windows-1251">').replace(
        "The council of Aldmoor", "Совет Олдмура"
    )
    (root / "page.html").write_bytes(page.encode("cp1251"))
    assert load(root / "page.html").text.startswith("Совет Олдмура voted 9 to 4")


def test_a_pdf_gives_its_text_in_whole_sentences(write_articles):
    root = write_articles()
    body = (
        "Tram line approved\n12 February 2025\nThe council of Aldmoor voted nine to four to build the\ntram line."
    )
    (root / "a.pdf").write_bytes(pdf(body, "It opens in 2026, the mayor said on Monday after the vote."))
    article = load(root / "a.pdf")
    assert article.title == "Tram line approved"
    assert "voted nine to four to build the tram line." in article.text
    assert "It opens in 2026" in article.text
    assert article.published_at == FEBRUARY  # of the date line, not of the file's making


def test_a_pdf_of_a_scan_is_reported_and_not_indexed_empty(write_articles):
    root = write_articles()
    (root / "scan.pdf").write_bytes(pdf("", "3"))
    with pytest.raises(ArticleError, match=r"scan\.pdf is a PDF without text \(a scan\?\)"):
        load(root / "scan.pdf")


def test_a_word_file_gives_title_text_and_tables(write_articles):
    import docx

    made = docx.Document()
    made.add_heading("Tram line approved", 0)
    made.add_paragraph("Published: 12 February 2025")
    made.add_paragraph("The council of Aldmoor voted 9 to 4.")
    table = made.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Cost", "40 million"
    made.core_properties.author = "Jane Roe"
    root = write_articles()
    made.save(str(root / "a.docx"))
    article = load(root / "a.docx")
    assert (article.title, article.author, article.published_at) == ("Tram line approved", "Jane Roe", FEBRUARY)
    assert "voted 9 to 4" in article.text
    assert "Cost | 40 million" in article.text


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.html"])
def test_a_damaged_file_is_named_and_says_why(write_articles, name):
    root = write_articles()
    (root / name).write_bytes(b"%PDF-1.4 broken \x00\x01" * 20)
    with pytest.raises(ArticleError) as caught:
        load(root / name)
    assert str(root / name) in str(caught.value)


def test_a_word_file_that_is_a_bomb_is_refused_before_it_is_unpacked(write_articles):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (201 * 1024 * 1024))
    root = write_articles()
    (root / "a.docx").write_bytes(packed.getvalue())
    with pytest.raises(ArticleError, match="too large when unpacked"):
        load(root / "a.docx")


ROW = {
    "title": "Tram", "text": "It opens in May.", "url": "https://post.example/tram", "source": "The Post",
    "author": ["Ana Ruiz", "Jo Lee"], "published_at": "2025-02-12",
}  # fmt: skip


def test_json_lines_hold_an_article_a_line_and_a_bad_line_stands_alone(write_articles):
    lines = [json.dumps(ROW), "{broken", '["no object"]', json.dumps({"title": "No text"}), ""]
    lines.append(json.dumps({"headline": "Ferry", "body": "It sails.", "date": "12 February 2025"}))
    (file,) = find_files([write_articles(a_jsonl="\n".join(lines)) / "a.jsonl"])
    found = list(load_articles(file))
    first, *bad, last = found
    assert (first.id, first.title, first.text, first.source) == (
        ROW["url"],
        "Tram",
        "It opens in May.",
        "The Post",
    )
    assert (first.author, first.published_at) == ("Ana Ruiz, Jo Lee", FEBRUARY)
    assert (last.title, last.text, last.published_at) == ("Ferry", "It sails.", FEBRUARY)
    assert last.id.startswith("news/a.jsonl#")
    assert all(isinstance(b, Unreadable) for b in bad)
    assert [b.origin.rpartition(", ")[2] for b in bad] == ["line 2", "line 3", "line 4"]


def test_a_row_keeps_its_id_when_others_come_in_before_it(write_articles):
    ferry = json.dumps({"title": "Ferry", "text": "It sails."})
    root = write_articles(a_jsonl=ferry)
    (file,) = find_files([root])
    (before,) = load_articles(file)
    (root / "a.jsonl").write_text(json.dumps(ROW) + "\n" + ferry, encoding="utf-8")
    assert list(load_articles(file))[1].id == before.id


def test_csv_columns_can_be_mapped(write_articles):
    text = 'Schlagzeile;Inhalt;Tag\n"Tram; a line";"It opens.\nIn May.";2025-02-12\nFerry;It sails.;03/04/2025\n'
    (file,) = find_files([write_articles(a_csv=text) / "a.csv"])
    mapping = parse_mapping(("title=Schlagzeile", "text=Inhalt", "published_at=Tag"))
    tram, ferry = load_articles(file, mapping)
    assert (tram.title, tram.text, tram.published_at) == ("Tram; a line", "It opens.\nIn May.", FEBRUARY)
    assert isinstance(ferry, Unreadable)  # a date with two readings is not guessed at
    assert "03/04/2025" in ferry.reason
    unmapped = list(load_articles(file))
    assert all("--field text=NAME" in row.reason for row in unmapped)


@pytest.mark.parametrize("pair", ["title", "title=", "headline=x"])
def test_a_mapping_that_is_none_is_one_clear_error(pair):
    with pytest.raises(SettingsError, match="title=headline"):
        parse_mapping((pair,))


def test_lone_surrogates_and_control_characters_do_not_reach_the_index(index, write_articles):
    root = write_articles(a_jsonl='{"title": "T\\ud800", "text": "One\\u0000 two\\u0007 three."}')
    store, report = index(root)
    assert report.summary()["added"] == 1
    (article,) = store.catalog.articles()
    assert article.text == "One two three."
    ((chunk, _),) = store.chunks(store.search_keywords("three", 5)).values()
    assert chunk.text == article.text[chunk.start : chunk.end]


def test_an_index_inside_the_folder_is_not_read_as_articles(index, write_articles):
    root = write_articles(a_txt="T\n\nText.")
    index(root, data_dir=root / "index")
    (root / "index" / "reports").mkdir()
    (root / "index" / "reports" / "run.html").write_text("<p>report</p>", encoding="utf-8")
    assert [file.path.name for file in find_files([root])] == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.html", "<!-- nothing -->", "cannot be read as a page"),
        ("a.csv", "title,text\n", "holds no rows"),
        ("a.csv", 'title,text\n"unclosed,x\ny', "not valid CSV from record 1"),
        ("a.jsonl", "[" * 100_000, "is not JSON"),
    ],
)
def test_odd_files_are_named_and_never_a_crash(write_articles, name, content, word):
    root = write_articles()
    (root / name).write_text(content, encoding="utf-8")
    (file,) = find_files([root])
    (found,) = load_articles(file)
    assert isinstance(found, Unreadable)
    assert word in found.reason
    assert str(root / name) in found.reason

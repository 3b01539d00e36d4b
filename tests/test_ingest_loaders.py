from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.loaders import find_files, load_article
from qa.errors import ArticleError

FRONT_MATTER = """---
id: "n1"
title: "Tram line: approved"
source: Harbour Post
author: Ana Ruiz
published_at: 2021-05-03T10:00:00+00:00
url: https://example.org/tram
---

The council voted on Monday.
"""


def load(path: Path):
    (file,) = find_files([path])
    return load_article(file)


def test_plain_text_has_its_title_on_the_first_line(write_articles):
    article = load(write_articles(a_txt="A title\n\nThe text.\nMore.") / "a.txt")
    assert (article.title, article.text, article.id) == ("A title", "The text.\nMore.", "news/a.txt")
    assert article.published_at is None


def test_markdown_has_front_matter(write_articles):
    article = load(write_articles(a_md=FRONT_MATTER) / "a.md")
    assert (article.id, article.title, article.source) == ("n1", "Tram line: approved", "Harbour Post")
    assert article.published_at == datetime(2021, 5, 3, 10, tzinfo=UTC)
    assert article.text == "The council voted on Monday."


def test_the_url_is_the_id_when_none_is_given(write_articles):
    article = load(write_articles(a_md=FRONT_MATTER.replace('id: "n1"\n', "")) / "a.md")
    assert article.id == "https://example.org/tram"


def test_a_file_by_name_and_its_folder_give_the_same_id(write_articles):
    root = write_articles(a_txt="T\n\nText.")
    (by_folder,) = find_files([root])
    (by_name,) = find_files([root / "a.txt"])
    assert by_folder == by_name


def test_the_fingerprint_follows_the_content_not_the_line_ends(write_articles):
    root = write_articles(a_txt="T\n\nText one.", b_txt="T\n\nText two.")
    first, second = (load(root / name).fingerprint for name in ("a.txt", "b.txt"))
    (root / "c.txt").write_bytes(b"T\r\n\r\nText one.")
    assert first != second
    assert load(root / "c.txt").fingerprint == first


def test_another_encoding_is_recognised(write_articles):
    root = write_articles()
    text = (
        "Café société\n\nLe défilé a été annulé à cause de la tempête, déclare le maire. Où étaient les élèves ?"
    )
    (root / "a.txt").write_bytes(text.encode("cp1252"))
    assert "défilé a été annulé" in load(root / "a.txt").text


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n ", "empty"),
        ("a.txt", b"Only a title", "no text"),
        ("a.txt", bytes(range(256)) * 20, "not text"),
        ("a.txt", b"\x7fELF\x00\x00\x01" * 50, "not text"),
        ("a.md", b"---\ntitle: [unclosed\n---\nText", "front matter"),
        ("a.md", b"---\ntitle: T\npublished_at: soon\n---\nText", "published_at"),
    ],
)
def test_what_cannot_be_an_article_is_refused_with_its_path(write_articles, name, content, word):
    path = write_articles() / name
    path.write_bytes(content)
    with pytest.raises(ArticleError, match=word) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_paths_that_lead_nowhere_are_errors(write_articles, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.exe").write_bytes(b"MZ")
    for path, word in [(tmp_path / "none", "does not exist"), (tmp_path / "empty", "no article")]:
        with pytest.raises(ArticleError, match=word):
            list(find_files([path]))
    with pytest.raises(ArticleError, match="not an article file"):
        list(find_files([tmp_path / "a.exe"]))


def test_hidden_files_of_a_folder_are_left_alone(write_articles):
    root = write_articles(a_txt="T\n\nText.")
    (root / ".hidden.txt").write_text("T\n\nText.", encoding="utf-8")
    assert [file.path.name for file in find_files([root])] == ["a.txt"]

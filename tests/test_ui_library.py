import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ingest.indexer import Outcome
from qa.catalog import ArticleRecord, Catalog, IndexIdentity
from qa.errors import WeightsError
from qa.models import Article
from tests.fakes import PrecomputedEmbeddings
from ui.library import Filter, Library, ListedArticle, by_month, chosen, extent, outlets

TRAM = """---
title: Tram line opens
source: Harbour Post
published_at: 2025-02-12
---

The tram line opened on Monday, said Ana Ruiz.
"""


class FailingEmbeddings(PrecomputedEmbeddings):
    """Fails when it is told to."""

    fails = False

    def embed(self, texts):
        if self.fails:
            raise WeightsError("the model is out of order")
        return super().embed(texts)


@pytest.fixture
def library(make_settings, embeddings):
    return Library(make_settings(), lambda: embeddings)


def listed(title="T", outlet="", published="", characters=1):
    return ListedArticle(title.lower(), title, outlet, published, "", "", characters)


def test_an_upload_is_kept_listed_and_removed_with_its_file(library, tmp_path, make_settings):
    sent = tmp_path / "sent.md"
    sent.write_text(TRAM, encoding="utf-8")
    (result,) = library.add_files([(sent, "tram line.md")])
    assert result.outcome is Outcome.ADDED
    (article,) = library.articles()
    assert article.label == "Tram line opens · Harbour Post · 12 February 2025"
    assert library.fingerprint(article.id)
    kept = make_settings().data_dir / "uploads" / "tram line.md"
    assert kept.is_file()
    library.remove(article.id)
    assert library.articles() == []
    assert library.article(article.id) is None
    assert not kept.exists()


def test_sending_a_changed_file_again_replaces_the_article(library, tmp_path):
    sent = tmp_path / "a.md"
    for text in (TRAM, TRAM, TRAM.replace("Monday", "Friday")):
        sent.write_text(text, encoding="utf-8")
        (result,) = library.add_files([(sent, "a.md")])
    assert result.outcome is Outcome.UPDATED
    (article,) = library.articles()
    assert "Friday" in library.article(article.id).text


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("a.exe", "MZ", "is not an article file"), ("a.txt", "", "empty"), ("../../a.txt", "", "a.txt is empty")],
)
def test_a_file_that_is_no_article_is_named_and_not_kept(library, tmp_path, make_settings, name, content, reason):
    sent = tmp_path / "sent"
    sent.write_text(content, encoding="utf-8")
    (result,) = library.add_files([(sent, name)])
    assert result.outcome is Outcome.FAILED
    assert reason in result.reason
    assert str(make_settings().data_dir) not in result.reason
    assert not list(tmp_path.rglob("a.*"))


@pytest.mark.parametrize("unreadable", ["", "---\npublished_at: some day\n---\n\nThe tram.", "\0\1\2" * 99])
def test_a_failed_second_upload_leaves_the_first_as_it_was(library, tmp_path, make_settings, unreadable):
    sent = tmp_path / "sent.md"
    sent.write_text(TRAM, encoding="utf-8")
    list(library.add_files([(sent, "a.md")]))
    sent.write_text(unreadable, encoding="utf-8")
    (result,) = library.add_files([(sent, "a.md")])
    assert result.outcome is Outcome.FAILED
    assert str(make_settings().data_dir) not in result.reason
    assert ".arriving" not in result.reason
    (kept,) = (make_settings().data_dir / "uploads").iterdir()
    assert kept.read_text(encoding="utf-8") == TRAM
    (result,) = library.read_again(library.articles())
    assert result.outcome is Outcome.UNCHANGED


def test_an_upload_that_the_index_cannot_take_leaves_the_first_as_it_was(make_settings, tmp_path):
    model = FailingEmbeddings()
    library = Library(make_settings(), lambda: model)
    sent = tmp_path / "sent.md"
    sent.write_text(TRAM, encoding="utf-8")
    list(library.add_files([(sent, "a.md")]))
    model.fails = True
    sent.write_text(TRAM.replace("Monday", "Friday"), encoding="utf-8")
    with pytest.raises(WeightsError, match="out of order"):
        list(library.add_files([(sent, "a.md")]))
    (kept,) = (make_settings().data_dir / "uploads").iterdir()
    assert kept.read_text(encoding="utf-8") == TRAM
    (article,) = library.articles()
    assert "Monday" in library.article(article.id).text


def test_what_a_killed_upload_left_behind_is_cleared(library, tmp_path, make_settings):
    uploads = make_settings().data_dir / "uploads"
    uploads.mkdir(parents=True)
    old, new = uploads / ".arriving-old.md", uploads / ".arriving-new.md"
    for path in (old, new):
        path.write_text(TRAM, encoding="utf-8")
    os.utime(old, (1, 1))
    sent = tmp_path / "sent.md"
    sent.write_text(TRAM, encoding="utf-8")
    list(library.add_files([(sent, "a.md")]))
    assert {path.name for path in uploads.iterdir()} == {new.name, "a.md"}  # the new one may be another program's


def test_a_name_longer_than_a_file_system_takes_is_cut_before_its_format(library, tmp_path):
    sent = tmp_path / "sent.md"
    sent.write_text(TRAM, encoding="utf-8")
    (result,) = library.add_files([(sent, f"{'трамвай ' * 30}.md")])
    assert result.outcome is Outcome.ADDED
    assert Path(library.article(result.article_id).origin).is_file()


def test_reading_again_takes_up_changes_and_names_what_is_gone(library, tmp_path, make_settings):
    sent = tmp_path / "a.md"
    sent.write_text(TRAM, encoding="utf-8")
    list(library.add_files([(sent, "a.md")]))
    kept = make_settings().data_dir / "uploads" / "a.md"
    kept.write_text(TRAM.replace("Monday", "Friday"), encoding="utf-8")
    (result,) = library.read_again(library.articles())
    assert result.outcome is Outcome.UPDATED
    kept.unlink()
    (result,) = library.read_again(library.articles())
    assert result.outcome is Outcome.FAILED
    assert "is gone: remove the article" in result.reason
    assert len(library.articles()) == 1


def test_an_index_that_is_not_there_lists_nothing(library):
    assert library.articles() == []
    assert library.article("x") is None
    assert library.fingerprint("x") is None
    assert library.newest(3) == []


def test_listing_does_not_hold_the_texts(library, embeddings, make_settings):
    settings = make_settings()
    catalog = Catalog.create_or_open(settings.data_dir, IndexIdentity.of(embeddings, settings))
    texts = [f"{number} " * 500_000 for number in range(5)]  # 1 MB each
    no_vectors = np.zeros((0, embeddings.dimension), dtype=np.float32)
    for number, text in enumerate(texts):
        article = Article(f"a{number}", "T", text, "", "Post", "", None, "f", "/a")
        catalog.put([ArticleRecord(article, (), no_vectors)])
    tracemalloc.start()
    listed = library.articles()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [article.characters for article in listed] == [1_000_000] * 5
    assert peak < 500_000


def test_a_list_is_searched_filtered_and_sorted():
    articles = [
        listed("Tram", "Post", "2025-02-12T00:00:00+00:00", 5),
        listed("Ferry", "Mail", "2025-03-01T00:00:00+00:00", 9),
        listed("Opera", "Post", "", 7),
    ]

    def titles(**wanted):
        return [article.title for article in chosen(articles, Filter(**wanted))]

    assert titles() == ["Ferry", "Tram", "Opera"]
    assert titles(order="oldest") == ["Tram", "Ferry", "Opera"]
    assert titles(order="title") == ["Ferry", "Opera", "Tram"]
    assert titles(order="longest") == ["Ferry", "Opera", "Tram"]
    assert titles(search="POST tram") == ["Tram"]
    assert titles(outlets=("Post",)) == ["Tram", "Opera"]
    assert titles(since="2025-02-13") == ["Ferry"]
    assert titles(until="2025-02-12") == ["Tram"]
    assert outlets(articles) == ["Mail", "Post"]
    assert extent(articles) == "3 articles from 2 outlets, 12 February 2025 to 1 March 2025"


def test_months_are_counted_without_a_gap():
    articles = [
        listed(published="2024-12-31"),
        listed(published="2025-02-01"),
        listed(published="2025-02-02"),
        listed(),
    ]
    assert by_month(articles) == [("2024-12", 1), ("2025-01", 0), ("2025-02", 2)]
    assert by_month([listed()]) == []


def test_an_article_from_elsewhere_keeps_its_file_when_it_is_removed(library, index, write_articles):
    root = write_articles(a_md=TRAM)
    index(root)
    (article,) = library.articles()
    library.remove(article.id)
    assert Path(article.origin).is_file()

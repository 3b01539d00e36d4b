"""The bench measures what it says, and the bars that do not hang on the machine are held."""

import numpy as np
import pytest

from eval.bench.ingest_speed import measure_ingest
from eval.bench.scale import measure_scale
from eval.bench.synthetic import SyntheticNews
from qa.text import content_words
from tests.conftest import PROJECT

HARBOUR = PROJECT / "eval" / "corpora" / "harbour"


def test_what_is_not_embedding_stays_small_and_the_unchanged_costs_next_to_nothing(make_settings, embeddings):
    measured = measure_ingest([HARBOUR], make_settings(), embeddings).to_json()
    assert measured["articles"] == 64
    assert measured["chunks"] > 64
    assert measured["unchanged_embedded"] == 0
    assert measured["unchanged_share"] < 0.03
    assert set(measured["stages"]) == {"read", "chunk", "embed", "write", "vectors"}
    # 15% of a corpus of some hundreds; starting Chroma weighs more here. A bar against a change of order.
    assert measured["not_embedding"] < 0.4


def test_a_thousand_chunks_are_written_and_queried(make_settings):
    measured = measure_scale(1000, make_settings())
    assert measured["queries"] == 125
    assert measured["catalog_chunks_per_second"] > 100
    assert measured["keyword"]["p95_ms"] < 60
    assert measured["disk_mb"] > 1


def test_synthetic_articles_are_the_same_each_time_and_whole():
    first, again = (list(SyntheticNews().records(20)) for _ in range(2))
    assert [r.article for r in first] == [r.article for r in again]
    assert [len(r.chunks) for r in first] == [8, 8, 4]
    for record in first:
        for chunk in record.chunks:
            assert record.article.text[chunk.start : chunk.end] == chunk.text
        assert np.linalg.norm(record.vectors, axis=1) == pytest.approx(np.ones(len(record.chunks)), abs=1e-5)


def test_the_commonest_words_are_left_out_only_where_there_are_too_many(index, write_articles, monkeypatch):
    root = write_articles(**{f"s{n}_txt": f"Story {n}\n\nThe tram of quarter{n} is late." for n in range(40)})
    store, _ = index(root)
    catalog = store.catalog
    question = "Is the late tram of quarter7 late?"
    assert set(content_words(question)) == {"late", "tram", "quarter7"}
    assert catalog._match_expression(question) == '"late" OR "tram" OR "quarter7"'
    monkeypatch.setattr("qa.catalog._MOST_POSTINGS", 45)
    assert catalog._match_expression(question) == '"quarter7" OR "late"'
    assert catalog.search_keywords(question, 1)[0].startswith("news/s7.txt#")
    monkeypatch.setattr("qa.catalog._MOST_POSTINGS", 1)
    assert catalog._match_expression(question) == '"quarter7"'  # the rarest stays, whatever it costs

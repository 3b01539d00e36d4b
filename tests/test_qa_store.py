import subprocess
import sys

import pytest

from qa.catalog import FILE_NAME, IndexIdentity
from qa.errors import IndexDamagedError, IndexNotFoundError
from qa.store import Store
from tests.conftest import PROJECT, SEEDS


@pytest.fixture
def identity(embeddings, make_settings):
    return IndexIdentity.of(embeddings, make_settings())


def test_an_empty_folder_says_how_to_fill_it(tmp_path, identity):
    with pytest.raises(IndexNotFoundError, match="newsdesk ingest"):
        Store.open(tmp_path, identity)


def test_a_damaged_catalog_is_a_named_error(index, make_settings, identity):
    index(SEEDS)
    folder = make_settings().data_dir
    for log in folder.glob(f"{FILE_NAME}-*"):
        log.unlink()
    (folder / FILE_NAME).write_bytes(b"this is no database" * 500)
    with pytest.raises(IndexDamagedError, match="move that folder away"):
        Store.open(folder, identity)


def test_chroma_is_made_again_when_it_is_lost_or_damaged(index, make_settings, identity, embeddings):
    import shutil

    store, _ = index(SEEDS)
    query = embeddings.embed(["NATO spending target"])[0]
    expected = store.search_dense(query, 3)
    folder = make_settings().data_dir
    for damage in ("lost", "garbled"):
        (vectors,) = folder.glob("vectors-*")
        if damage == "lost":
            shutil.rmtree(vectors)
        else:
            (vectors / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
        found = Store.open(folder, identity).search_dense(query, 3)
        assert [i for i, _ in found] == [i for i, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-5)


def test_a_running_reader_sees_what_another_process_wrote(index, make_settings, embeddings, write_articles):
    store, _ = index(SEEDS)
    query = embeddings.embed(["a tram line in Aldmoor"])[0]
    assert not any("news/" in chunk_id for chunk_id, _ in store.search_dense(query, 50))
    root = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May.")
    subprocess.run(
        [sys.executable, "-m", "ui", "ingest", str(root), "--data-dir", str(make_settings().data_dir)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )
    assert store.search_dense(query, 1)[0][0].startswith("news/a.txt#")
    assert store.search_keywords("Aldmoor", 1)[0].startswith("news/a.txt#")


def test_what_chroma_has_not_learned_is_found_and_what_was_deleted_is_not(index, embeddings, write_articles):
    store, _ = index(SEEDS)
    root = write_articles(a_txt="Tram line\n\nThe tram line of Aldmoor opens in May.")
    index(root)
    (gone,) = store.search_keywords("Aldmoor", 5)
    store.catalog.remove_articles(["news/a.txt"])  # Chroma is not told yet
    query = embeddings.embed(["a tram line in Aldmoor"])[0]
    hits = [i for i, _ in store.search_dense(query, 50)]
    assert gone not in store.chunks(hits)
    assert store.search_keywords("Aldmoor", 5) == []


def test_dense_scores_are_cosines(index, embeddings):
    store, _ = index(SEEDS)
    query = embeddings.embed(["NATO spending target"])[0]
    hits = store.search_dense(query, 10)
    chunks = store.chunks([i for i, _ in hits])
    chunk, article = chunks[hits[0][0]]
    vector = embeddings.embed([f"{article.title}\n{chunk.text}"])[0]
    assert hits[0][1] == pytest.approx(float(vector @ query), abs=1e-4)


@pytest.mark.parametrize(
    "query", ['"', "NATO AND", "title:x OR *", "a^b NEAR(", "'; DROP TABLE article; --", "()"]
)
def test_nothing_typed_is_query_syntax(index, query):
    store, _ = index(SEEDS)
    store.search_keywords(query, 5)
    assert store.catalog.counts()[0] == 1

"""Removal that removes, proved by the bytes of the folder; prune; upgrade of an older index."""

import sqlite3
import threading

import pytest

from ingest.intake import Options, ingest_paths, open_intake
from ingest.removal import find_bytes, remove_articles
from ingest.report import Outcome
from qa.catalog import FILE_NAME
from qa.errors import ArticleError, IndexMismatchError
from qa.store import Store
from tests.conftest import SEEDS

SECRET = "The councillor Quillon Vastergaard took a bribe of 4,711 crowns from the tram builder Zyxtronic."
OTHER = "A festival of 74 films opens on the harbour square on Friday evening with music and a procession."


@pytest.fixture
def intake(make_settings, embeddings):
    return open_intake(make_settings(), embeddings)


def words_left(folder) -> list:
    needles = [b"Vastergaard", b"vastergaard", b"Zyxtronic", b"zyxtron", b"4,711", SECRET.encode()]
    return list(find_bytes(folder, needles))


def test_nothing_of_a_removed_article_is_left_in_the_bytes_of_the_folder(intake, write_articles, make_settings):
    folder = make_settings().data_dir
    root = write_articles(secret_txt=f"Bribe for a tram\n\n{SECRET}", other_txt=f"Films\n\n{OTHER}")
    ingest_paths(intake, [root, SEEDS])
    assert words_left(folder)  # it is there to be removed
    vectors = [
        v for (v,) in intake.store.catalog.rows("SELECT vector FROM chunk WHERE article_id = 'news/secret.txt'")
    ]
    told = []
    removal = remove_articles(intake.store, ["news/secret.txt"], told.append)
    assert removal.left_in == ()
    assert [article.id for article in told] == ["news/secret.txt"]
    assert words_left(folder) == []
    assert list(find_bytes(folder, vectors)) == []
    assert list(find_bytes(folder, [OTHER.encode()]))  # the others are as they were
    assert intake.store.catalog.counts()[0] == 2
    query = intake.model.embed(["a bribe for the tram"])[0]
    assert not any("secret" in chunk_id for chunk_id, _ in intake.store.search_dense(query, 50))
    assert intake.store.search_keywords("bribe Zyxtronic", 5) == []
    assert any("other" in chunk_id for chunk_id, _ in intake.store.search_dense(query, 50))


def test_removal_says_where_words_still_stand(intake, write_articles, make_settings):
    ingest_paths(intake, [write_articles(secret_txt=f"Bribe\n\n{SECRET}")])
    report = make_settings().data_dir / "reports" / "run.json"
    report.parent.mkdir()
    report.write_text(f'{{"answer": "{SECRET}"}}', encoding="utf-8")
    assert remove_articles(intake.store, ["news/secret.txt"]).left_in == (report,)


def test_a_reader_in_the_middle_of_a_query_is_waited_for(intake, write_articles, make_settings):
    """While somebody reads, SQLite cannot empty its log, which still holds what was removed."""
    ingest_paths(intake, [write_articles(secret_txt=f"Bribe\n\n{SECRET}")])
    reader = sqlite3.connect(make_settings().data_dir / FILE_NAME, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM article").fetchall()
    timer = threading.Timer(1.5, lambda: reader.execute("COMMIT"))
    timer.start()
    assert remove_articles(intake.store, ["news/secret.txt"]).left_in == ()
    assert words_left(make_settings().data_dir) == []
    timer.join()
    reader.close()


def test_words_that_another_article_has_as_well_are_no_trace(intake, write_articles):
    root = write_articles(a_txt=f"Bribe\n\n{SECRET}", b_txt=f"Bribe\n\n{SECRET}")
    ingest_paths(intake, [root])
    assert remove_articles(intake.store, ["news/a.txt"]).left_in == ()
    assert [a.id for a in intake.store.catalog.articles()] == ["news/b.txt"]


def test_an_unknown_id_removes_nothing_at_all(intake, write_articles):
    ingest_paths(intake, [write_articles(a_txt=f"Films\n\n{OTHER}")])
    with pytest.raises(ArticleError, match="articles list"):
        remove_articles(intake.store, ["news/a.txt", "news/none.txt"])
    assert intake.store.catalog.counts()[0] == 1


def test_a_removed_article_stays_out_until_its_file_is_named(intake, write_articles):
    root = write_articles(a_txt=f"Films\n\n{OTHER}")
    ingest_paths(intake, [root])
    remove_articles(intake.store, ["news/a.txt"])
    for _ in range(2):
        report = ingest_paths(intake, [root])
        assert [r.outcome for r in report.results] == [Outcome.WITHDRAWN]
    assert intake.store.catalog.counts() == (0, 0)
    assert ingest_paths(intake, [root / "a.txt"]).summary()["added"] == 1
    assert ingest_paths(intake, [root]).summary()["unchanged"] == 1


def test_prune_removes_what_vanished_from_the_folder_and_nothing_else(intake, write_articles, make_settings):
    root = write_articles(a_txt=f"Bribe\n\n{SECRET}", b_txt=f"Films\n\n{OTHER}")
    elsewhere = write_articles("other", c_txt=f"Films\n\n{OTHER}")
    ingest_paths(intake, [root, elsewhere])
    (root / "a.txt").unlink()
    (elsewhere / "c.txt").unlink()
    assert ingest_paths(intake, [root]).summary()["removed"] == 0  # only when asked to
    report = ingest_paths(intake, [root], Options(prune=True))
    assert [(r.outcome, r.article_id) for r in report.results if r.outcome is not Outcome.UNCHANGED] == [
        (Outcome.REMOVED, "news/a.txt")
    ]
    assert {a.id for a in intake.store.catalog.articles()} == {"news/b.txt", "other/c.txt"}
    assert words_left(make_settings().data_dir) == []
    (root / "a.txt").write_text(f"Bribe\n\n{SECRET}", encoding="utf-8")
    assert ingest_paths(intake, [root]).summary()["added"] == 1  # pruned is not withdrawn


def test_prune_spares_files_that_cannot_be_read_today(intake, write_articles):
    root = write_articles(a_txt=f"Films\n\n{OTHER}", b_txt=f"Bribe\n\n{SECRET}")
    ingest_paths(intake, [root])
    (root / "a.txt").write_text("", encoding="utf-8")
    report = ingest_paths(intake, [root], Options(prune=True))
    assert (report.summary()["failed"], report.summary()["removed"]) == (1, 0)
    assert intake.store.catalog.counts()[0] == 2


def test_prune_takes_out_rows_that_vanished_from_a_file(intake, write_articles):
    tram, ferry = '{"id": "tram", "text": "The tram opens."}\n', '{"id": "ferry", "text": "The ferry sails."}\n'
    root = write_articles(a_jsonl=tram + ferry)
    assert ingest_paths(intake, [root]).summary()["added"] == 2
    (root / "a.jsonl").write_text(ferry, encoding="utf-8")
    report = ingest_paths(intake, [root], Options(prune=True))
    assert (report.summary()["removed"], report.summary()["unchanged"]) == (1, 1)
    assert [a.id for a in intake.store.catalog.articles()] == ["ferry"]


@pytest.mark.parametrize("broken", ["{broken", ""])
def test_prune_spares_the_rows_of_a_file_that_is_broken_today(intake, write_articles, broken):
    tram, ferry = '{"id": "tram", "text": "The tram opens."}\n', '{"id": "ferry", "text": "The ferry sails."}\n'
    root = write_articles(a_jsonl=tram + ferry)
    ingest_paths(intake, [root])
    (root / "a.jsonl").write_text(f"{broken}\n{ferry if broken else ''}", encoding="utf-8")
    report = ingest_paths(intake, [root], Options(prune=True))
    assert (report.summary()["failed"], report.summary()["removed"]) == (1, 0)
    assert intake.store.catalog.counts()[0] == 2


def test_an_empty_folder_prunes_nothing(intake, write_articles):
    """A share that is not mounted looks like this."""
    root = write_articles(a_txt=f"Films\n\n{OTHER}")
    ingest_paths(intake, [root])
    (root / "a.txt").unlink()
    with pytest.raises(ArticleError, match="holds no article"):
        ingest_paths(intake, [root], Options(prune=True))
    assert intake.store.catalog.counts()[0] == 1


def test_a_file_that_gets_another_id_does_not_leave_its_old_article_behind(intake, write_articles):
    root = write_articles(a_md="---\nid: one\ntitle: T\n---\n\nThe text.")
    ingest_paths(intake, [root])
    (root / "a.md").write_text("---\nid: two\ntitle: T\n---\n\nThe text.", encoding="utf-8")
    ingest_paths(intake, [root])
    assert [a.id for a in intake.store.catalog.articles()] == ["two"]


def test_a_file_is_not_added_twice_by_way_of_two_folders(intake, write_articles):
    root = write_articles()
    (root / "today").mkdir()
    (root / "today" / "a.txt").write_text(f"Films\n\n{OTHER}", encoding="utf-8")
    ingest_paths(intake, [root])
    assert ingest_paths(intake, [root / "today"]).summary()["unchanged"] == 1
    assert intake.store.catalog.counts()[0] == 1


def test_an_unchanged_file_is_not_even_read_as_an_article(intake, write_articles):
    root = write_articles(a_txt=f"Films\n\n{OTHER}")
    ingest_paths(intake, [root])
    ((known,),) = intake.store.catalog.rows("SELECT sha256 FROM source_file")
    assert len(known) == 64
    report = ingest_paths(intake, [root])
    assert report.summary()["unchanged"] == 1
    assert "embed" not in report.seconds


def test_a_long_run_tells_chroma_as_it_goes(intake, write_articles, monkeypatch):
    """What a killed run leaves for the next one to tell Chroma is limited."""
    told = []
    real = intake.store.apply_outbox
    monkeypatch.setattr(intake.store, "apply_outbox", lambda: (told.append(intake.store.catalog.counts()), real()))
    monkeypatch.setattr("ingest.indexer._OUTBOX_EVERY", 40)
    root = write_articles(**{f"s{n}_txt": f"Story {n}\n\nThing {n} happened in town {n}." for n in range(100)})
    report = ingest_paths(intake, [root])
    assert report.chunks == 100
    assert told == [(64, 64), (100, 100)]  # after the second batch of 32, and at the end


def test_failures_are_kept_until_they_are_mended(intake, write_articles):
    root = write_articles(a_txt="")
    for attempts in (1, 2):
        ingest_paths(intake, [root])
        (failure,) = intake.store.catalog.ledger.failures()
        assert (failure.origin, failure.attempts) == (str(root / "a.txt"), attempts)
        assert "is empty" in failure.reason
    (root / "a.txt").write_text(f"Films\n\n{OTHER}", encoding="utf-8")
    ingest_paths(intake, [root])
    assert intake.store.catalog.ledger.failures() == []


def test_an_index_of_the_first_schema_is_upgraded_without_loss(index, make_settings, embeddings, write_articles):
    store, _ = index(SEEDS)
    query = embeddings.embed(["NATO spending target"])[0]
    expected = store.search_dense(query, 3)
    store.catalog.close()
    folder = make_settings().data_dir
    with sqlite3.connect(folder / FILE_NAME) as connection:
        for table in ("source_file", "failure", "fetched", "withdrawn", "band", "near_duplicate", "next_chunk"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP INDEX article_origin")
        connection.execute("DELETE FROM manifest WHERE key = 'near_duplicates'")
        connection.execute("UPDATE manifest SET value = '1' WHERE key = 'schema_version'")
    connection.close()
    upgraded = Store.open(folder, store.identity)
    assert [i for i, _ in upgraded.search_dense(query, 3)] == [i for i, _ in expected]
    _, report = index(SEEDS)
    assert report.summary()["unchanged"] == 1
    root = write_articles(a_txt=f"Films\n\n{OTHER}")
    assert index(root)[1].summary()["added"] == 1


def test_an_index_of_a_newer_newsdesk_is_one_clear_error(index, make_settings):
    store, _ = index(SEEDS)
    with store.catalog.transaction() as connection:
        connection.execute("UPDATE manifest SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(IndexMismatchError, match="update newsdesk"):
        Store.open(make_settings().data_dir, store.identity)


def test_a_search_goes_on_while_the_vector_index_is_made_anew(intake, embeddings):
    ingest_paths(intake, [SEEDS])
    query = embeddings.embed(["NATO spending target"])[0]
    expected = [i for i, _ in intake.store.search_dense(query, 3)]
    for _ in range(3):
        with intake.store.write_lock():
            intake.store.rebuild_vectors()
        assert [i for i, _ in intake.store.search_dense(query, 3)] == expected
    assert len(list(intake.store.data_dir.glob("vectors-*"))) == 1

"""Copies of one report are one passage; corrections and outlets that disagree stay apart."""

import pytest

from qa.retriever import HybridRetriever

STORY = (
    "A ferry struck the breakwater of Gannet Reach in thick fog. Rescuers brought 12 people ashore, the harbour "
    "master Ana Ruiz said. The Saltmarch Bridge was closed for nine hours. The ferry company promised an inquiry "
    "into the radar of the ship. Passengers spoke of a loud noise and of darkness below deck. Divers will look at "
    "the hull once the wind drops. The company has owned the ship since 2019. Nobody was hurt on the quay."
)


@pytest.fixture
def ask(index, write_articles, make_settings, embeddings):
    """Ingest versions of the story by outlet; give the passages, as (outlet, also published by)."""

    def make(question="What did the ferry strike at Gannet Reach?", **versions):
        matter = "---\ntitle: {title}\nsource: {source}\npublished_at: {day}\n---\n\n{text}"
        files = {}
        for source, version in versions.items():
            text, day, title = (*version, "Ferry strikes breakwater")[:3] if isinstance(version, tuple) else (
                version, "2025-02-12", "Ferry strikes breakwater",
            )  # fmt: skip
            files[f"{source}_md"] = matter.format(title=title, source=source, day=day, text=text)
        store, report = index(write_articles(**files))
        passages = HybridRetriever(store=store, embeddings=embeddings, settings=make_settings()).retrieve(question)
        return report, {p.article.source: sorted(a.source for a in p.also_published_by) for p in passages}

    return make


def test_a_copy_is_found_and_collapsed_and_both_are_indexed(ask):
    report, found = ask(Herald=STORY, Mirror=STORY.replace("in thick fog", "in dense fog"))
    assert (report.summary()["added"], report.duplicates) == (2, 1)
    ((kept, also),) = found.items()
    assert sorted([kept, *also]) == ["Herald", "Mirror"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("12 people", "14 people"),
        ("nine hours", "ten hours"),
        ("Ana Ruiz", "Jo Lee"),
        ("since 2019", "since 2018"),
        ("Nobody was hurt", "A docker was hurt"),
        ("The Saltmarch Bridge was closed", "The Saltmarch Bridge was not closed"),
        ("Nobody was hurt on the quay.", "Correction: an earlier version gave a wrong number of people."),
    ],
)
def test_a_correction_stays_apart(ask, was, now):
    report, found = ask(Herald=STORY, Mirror=STORY.replace(was, now))
    assert report.duplicates == 1  # they look alike
    assert found == {"Herald": [], "Mirror": []}


def test_headlines_with_other_figures_stay_apart(ask):
    _, found = ask(
        Herald=(STORY, "2025-02-12", "12 saved from ferry"), Mirror=(STORY, "2025-02-12", "15 saved from ferry")
    )
    assert found == {"Herald": [], "Mirror": []}


def test_a_weekday_that_means_another_date_stays_apart(ask):
    story = STORY.replace("in thick fog", "on Tuesday in thick fog")
    _, same = ask(Herald=(story, "2025-02-12"), Mirror=(story, "2025-02-13"))
    assert len(same) == 1
    _, apart = ask(Herald=(story, "2025-02-12"), Mirror=(story, "2025-02-20"))
    assert len(apart) == 2


def test_an_outlet_that_the_question_names_keeps_its_passage(ask):
    _, found = ask("What did the Mirror and the Herald report about the ferry?", Herald=STORY, Mirror=STORY)
    assert set(found) == {"Herald", "Mirror"}


def test_the_copies_are_in_the_answers_json(ask, index, write_articles, pipeline_with):
    matter = "---\ntitle: Ferry strikes breakwater\nsource: {}\nurl: https://{}.example/ferry\n---\n\n" + STORY
    root = write_articles(a_md=matter.format("Herald", "herald"), b_md=matter.format("Mirror", "mirror"))
    answer = pipeline_with(None, root).answer("What did the ferry strike?").to_json()
    passage = answer["passages"][0]
    (copy,) = passage["also_published_by"]
    assert {copy["article_id"], passage["article_id"]} == {
        "https://herald.example/ferry", "https://mirror.example/ferry",
    }  # fmt: skip
    assert copy["source"] in ("Herald", "Mirror")


def test_articles_on_one_topic_are_no_near_duplicates(index, write_articles):
    other = "The ferry company has ordered two new ships, it said. They will serve Gannet Reach from 2027 on."
    _, report = index(write_articles(a_txt=f"Ferry\n\n{STORY}", b_txt=f"Ferry\n\n{other}"))
    assert report.duplicates == 0


def test_articles_from_before_near_duplicates_were_looked_for_get_their_bands(index, write_articles):
    root = write_articles(a_txt=f"Ferry\n\n{STORY}")
    store, _ = index(root)
    with store.catalog.transaction() as connection:
        connection.execute("DELETE FROM band")
        connection.execute("DELETE FROM manifest WHERE key = 'near_duplicates'")
    (root / "b.txt").write_text(f"Ship\n\n{STORY}", encoding="utf-8")
    _, report = index(root)
    assert [r.copies for r in report.results if r.copies] == [("news/a.txt",)]

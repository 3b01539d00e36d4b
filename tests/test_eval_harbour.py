"""The corpus of our own: sound, fictional, and every proof stands word for word in its article."""

import collections

import frontmatter
import pytest

from eval.cases import load_cases
from ingest.loaders import find_files, load_article
from tests.conftest import PROJECT

CORPUS = PROJECT / "eval" / "corpora" / "harbour"
GOLD = PROJECT / "eval" / "gold" / "harbour.jsonl"
KINDS = {
    "single_fact", "number", "date", "quotation", "multi_article", "comparison", "temporal", "changed_figure",
    "conflicting", "false_premise", "partial", "near_miss", "off_topic", "follow_up", "hostile",
}  # fmt: skip


@pytest.fixture(scope="module")
def articles():
    return {article.id: article for article in map(load_article, find_files([CORPUS]))}


@pytest.fixture(scope="module")
def cases():
    return load_cases(GOLD)


def test_there_are_enough_articles_and_each_says_that_it_is_fiction(articles):
    assert len(articles) >= 60
    for path in CORPUS.glob("*.md"):
        assert frontmatter.load(path).metadata["fiction"] is True, path
    assert all(article.published_at and article.source and article.text for article in articles.values())
    assert len({article.published_at.date().isoformat()[:7] for article in articles.values()}) >= 10


def test_every_proof_stands_word_for_word_in_its_article(articles, cases):
    for case in cases:
        assert bool(case.facts) == case.answerable, case.id
        for fact in case.facts:
            assert fact.text in articles[fact.article_id].text, case.id


def test_every_kind_is_there_often_enough_to_report(cases):
    counts = collections.Counter(case.kind for case in cases)
    assert set(counts) == KINDS
    assert len(cases) >= 200
    assert min(counts.values()) >= 4


def test_yes_and_no_are_half_and_half(cases):
    answers = [case.answer.lower().rstrip(".") for case in cases]
    yes, no = answers.count("yes"), answers.count("no")
    assert abs(yes - no) <= 2
    assert yes >= 10


def test_stories_do_not_cross_the_split(cases):
    split_of = {}
    for case in cases:
        assert case.split in ("dev", "test"), case.id
        for fact in case.facts:
            assert split_of.setdefault(fact.article_id, case.split) == case.split, case.id

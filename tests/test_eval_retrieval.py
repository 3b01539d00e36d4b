import math
import random

import pytest

from eval.cases import Fact
from eval.retrieval import article_measures, passage_measures
from qa.models import Article, Chunk, Passage, Why

PROOFS = [f"The proving sentence number {n} is long enough." for n in range(4)]


def passage(article_id: str, text: str, rank: int) -> Passage:
    article = Article(article_id, "T", text, "", "", "", None, "", "")
    return Passage(
        Chunk(f"{article_id}#{rank}", article_id, 0, 0, len(text), text), article, 1 / rank, rank, Why(1, 1, 0)
    )


def ranked(*texts: tuple[str, str]) -> list[Passage]:
    return [passage(article_id, text, rank) for rank, (article_id, text) in enumerate(texts, start=1)]


def test_passage_measures_by_hand():
    facts = [Fact("a", PROOFS[0]), Fact("b", PROOFS[1])]
    found = passage_measures(facts, ranked(("x", "no"), ("a", f"… {PROOFS[0]} …"), ("y", "no")))
    assert found["hit@1"] == 0.0
    assert found["hit@4"] == found["hit@10"] == 1.0
    assert found["recall@10"] == 0.5
    assert found["all@10"] == 0.0
    assert found["MRR@10"] == 0.5
    assert passage_measures(facts, [])["MRR@10"] == 0.0


def test_passages_beyond_the_deepest_cutoff_do_not_count():
    deep = ranked(*[("x", "no")] * 10, ("a", PROOFS[0]))
    assert passage_measures([Fact("a", PROOFS[0])], deep)["hit@10"] == 0.0


def test_passage_measures_agree_with_ir_measures():
    """With a proof a passage at most, hit is Success, MRR is RR and recall is R over the passages."""
    import ir_measures
    from ir_measures import RR, R, Success

    generator = random.Random(1)
    for _ in range(60):
        n_facts = generator.randint(1, 4)
        facts = [Fact(f"a{i}", PROOFS[i]) for i in range(n_facts)]
        found = generator.sample(range(n_facts), generator.randint(0, n_facts))
        texts = [(f"a{i}", PROOFS[i]) for i in found] + [("x", "no")] * (12 - len(found))
        generator.shuffle(texts)
        passages = ranked(*texts)
        run = {"q": {f"{p.article.id}-{p.rank}": -float(p.rank) for p in passages}}
        relevant = {f"{p.article.id}-{p.rank}": 1 for p in passages if p.article.id.startswith("a")}
        relevant |= {f"lost{i}": 1 for i in range(n_facts) if i not in found}
        theirs = ir_measures.calc_aggregate(
            [Success @ 1, Success @ 4, Success @ 10, RR @ 10, R @ 10], {"q": relevant}, run
        )
        ours = passage_measures(facts, passages)
        for name, measure in (
            ("hit@1", Success @ 1), ("hit@4", Success @ 4), ("hit@10", Success @ 10), ("MRR@10", RR @ 10),
            ("recall@10", R @ 10),
        ):  # fmt: skip
            assert ours[name] == pytest.approx(theirs[measure]), name


def test_articles_are_ranked_at_their_first_passage():
    facts = [Fact("a", PROOFS[0]), Fact("b", PROOFS[1])]
    found = article_measures(facts, ranked(("x", "no"), ("x", "no"), ("a", "no"), ("b", "no")))
    assert found["article recall@10"] == 1.0
    gain = 1 / math.log2(3) + 1 / math.log2(4)  # second and third article
    assert found["article nDCG@10"] == pytest.approx(gain / (1 + 1 / math.log2(3)))
    assert article_measures(facts, [])["article recall@10"] == 0.0


def test_a_copy_that_holds_the_proof_counts_for_the_original_and_a_short_word_does_not():
    assert passage_measures([Fact("a", PROOFS[0])], ranked(("copy", PROOFS[0])))["hit@1"] == 1.0
    assert article_measures([Fact("a", PROOFS[0])], ranked(("copy", PROOFS[0])))["article recall@10"] == 1.0
    assert passage_measures([Fact("a", "France")], ranked(("b", "France is here.")))["hit@1"] == 0.0


def test_a_fact_without_text_is_its_article():
    assert passage_measures([Fact("a", "")], ranked(("a", "anything")))["hit@1"] == 1.0
    assert passage_measures([Fact("a", "")], ranked(("b", "anything")))["hit@1"] == 0.0

"""How well the passages were found, in the measures of information retrieval.

Passages are judged by the proving sentences they hold, articles by ir-measures with the standard definitions.
A copy of an article that holds the same proving sentence proves as well, so it counts as found.
"""

import math
from collections.abc import Sequence

from eval.cases import Fact, proves_in_a_copy
from qa.models import Passage
from qa.text import squeeze

CUTOFFS = (1, 4, 10)  # passages
_DEEPEST = CUTOFFS[-1]


def passage_measures(facts: Sequence[Fact], passages: Sequence[Passage]) -> dict[str, float]:
    """Judge passages by the proving sentences they hold.

    Args:
        facts: the proving sentences, at least one.
        passages: best first.

    Returns:
        hit@k: 1.0 if one of the first k passages holds a proving sentence; recall@k: the share of the proving
        sentences held by them; all@k: 1.0 if they hold all; MRR@k: 1 / rank of the first that holds one.
    """
    held = [{i for i, fact in enumerate(facts) if holds(passage, fact)} for passage in passages[:_DEEPEST]]
    first = next((rank for rank, found in enumerate(held, start=1) if found), math.inf)
    found_all = set().union(*held)
    measures = {f"hit@{k}": float(first <= k) for k in CUTOFFS}
    measures[f"recall@{_DEEPEST}"] = len(found_all) / len(facts)
    measures[f"all@{_DEEPEST}"] = float(len(found_all) == len(facts))
    measures[f"MRR@{_DEEPEST}"] = 1.0 / first
    return measures


def article_measures(facts: Sequence[Fact], passages: Sequence[Passage]) -> dict[str, float]:
    """Judge the ranking of articles (each at its first passage), by ir-measures.

    Args:
        facts: the proving sentences, at least one.
        passages: best first.
    """
    import ir_measures
    from ir_measures import R, nDCG

    wanted = {fact.article_id for fact in facts}
    ranking = _ranked_articles(facts, passages)
    run = {"q": {article: float(len(ranking) - rank) for rank, article in enumerate(ranking)} or {"": 0.0}}
    qrels = {"q": dict.fromkeys(wanted, 1)}
    recall, ndcg = R @ _DEEPEST, nDCG @ _DEEPEST
    found = {m.measure: float(m.value) for m in ir_measures.iter_calc([recall, ndcg], qrels, run)}
    return {f"article recall@{_DEEPEST}": found[recall], f"article nDCG@{_DEEPEST}": found[ndcg]}


def _ranked_articles(facts: Sequence[Fact], passages: Sequence[Passage]) -> list[str]:
    """Give the articles in the order of their first passages; a copy with a proof stands for the original."""
    ranking: dict[str, None] = {}
    for passage in passages:
        originals = [fact.article_id for fact in facts if fact.text and holds(passage, fact)]
        for article_id in originals or [passage.article.id]:
            ranking.setdefault(article_id)
    return list(ranking)


def holds(passage: Passage, fact: Fact) -> bool:
    """Tell whether a passage holds a proving sentence; of a fact without text, whether it is of the article."""
    if passage.article.id != fact.article_id and not proves_in_a_copy(fact):
        return False
    return squeeze(fact.text) in squeeze(passage.chunk.text)

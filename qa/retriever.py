"""Hybrid retrieval: keyword and dense search, fused by weighted reciprocal rank."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, PrivateAttr

from qa.config import Settings
from qa.copies import collapse
from qa.embeddings import EmbeddingModel
from qa.models import EVERYWHERE, Article, Chunk, Passage, Scope, Why
from qa.question import Part, parts_of
from qa.store import Store

_FIRST_OF_WHOLE = 2  # hits of the whole question that stay in front of those of its parts
_DENSE_IN_PARTS = 0.5  # a part says little: its words count more, its meaning less
_UNNAMED = 0.3  # weight of all articles, where a part names its outlet
_OVERFETCH = 8  # dense hits fetched for each that a scope may leave


class HybridRetriever(BaseRetriever):
    """Finds the passages for a query, as a LangChain retriever.

    Fusion: score(chunk) = sum over both searches of weight / (k + rank), ranks from 1 (Cormack, Clarke and
    Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    store: Store
    embeddings: EmbeddingModel
    settings: Settings

    def retrieve(self, query: str, scope: Scope = EVERYWHERE, top_k: int | None = None) -> list[Passage]:
        """Give at most `top_k` passages, best first; an empty list when nothing matches at all.

        The search is a run of its own in the trace of whatever LangChain chain it is part of.

        A question of several parts gets a slot for the best hits of each part in turn, so that one article
        does not take them all. An outlet or a day that a part names makes a ranking of its own: a boost, not a
        filter. `scope` is a filter.

        Args:
            query: the standalone query.
            scope: the outlets and days to look in.
            top_k: passages at most; None: as the settings say.
        """
        documents = self.invoke(query, scope=scope, top_k=top_k)
        return [document.passage for document in documents if isinstance(document, PassageDocument)]

    def _find(self, query: str, scope: Scope, top_k: int | None) -> list[Passage]:
        settings = self.settings
        whole = self._search(query, settings.dense_weight, scope)
        ranking = sorted(whole.scores, key=lambda chunk_id: (-whole.scores[chunk_id], chunk_id))
        parts = parts_of(query, self.store.catalog.sources())
        if len(parts) > 1 or parts[0].sources or parts[0].periods:
            ranking = in_turn(ranking, [self._part_ranking(part, scope) for part in parts], settings.part_slots)
        # More than top_k, because chunks that the catalog no longer knows fall out.
        known = self.store.chunks(ranking[: settings.candidates])
        kept = [chunk_id for chunk_id in ranking if chunk_id in known]
        if len(parts) > 1:
            kept = _spread(kept, known, settings.article_slots)
        near = self.store.catalog.ledger.near_duplicates(list({known[chunk_id][1].id for chunk_id in kept}))
        kept, copies = collapse(kept, known, near, {source for part in parts for source in part.sources})
        lowest = min(whole.scores.values(), default=0.0)
        return [
            Passage(
                *known[chunk_id],
                score=whole.scores.get(chunk_id, lowest),
                rank=rank,
                why=whole.why(chunk_id),
                also_published_by=copies.get(chunk_id, ()),
            )
            for rank, chunk_id in enumerate(kept[: top_k or settings.top_k], start=1)
        ]

    def whole_articles(self, passages: Sequence[Passage], most: int) -> list[Passage]:
        """Add to passages the other chunks of their first articles, behind them.

        Args:
            passages: as retrieved.
            most: articles to add to.
        """
        there = {passage.chunk.id for passage in passages}
        articles = list(dict.fromkeys(passage.article.id for passage in passages))[:most]
        ids = [i for article in articles for i in self.store.catalog.chunk_ids_of(article) if i not in there]
        known = self.store.chunks(ids)
        lowest = min((passage.score for passage in passages), default=0.0)
        found = [known[i] for i in ids if i in known]
        rest = [
            Passage(chunk, article, score=lowest, rank=rank, why=Why(None, None, None))
            for rank, (chunk, article) in enumerate(found, start=len(passages) + 1)
        ]
        return [*passages, *rest]

    def _search(self, query: str, dense_weight: float, scope: Scope) -> "_Found":
        settings = self.settings
        vector = self.embeddings.embed([query])[0]
        if scope == EVERYWHERE:
            keyword = self.store.search_keywords(query, settings.candidates)
            cosines = dict(self.store.search_dense(vector, settings.candidates))
        else:
            keyword = self._keywords_within(query, scope)
            hits = self.store.search_dense(vector, settings.candidates * _OVERFETCH)
            inside = self.store.catalog.within([i for i, _ in hits], scope.sources, scope.since, scope.until)
            cosines = dict([hit for hit in hits if hit[0] in inside][: settings.candidates])
        rankings = [(keyword, settings.keyword_weight), (list(cosines), dense_weight)]
        return _Found(tuple(keyword), cosines, fuse(rankings, k=settings.rrf_k))

    def _part_ranking(self, part: Part, scope: Scope) -> list[str]:
        found = self._search(part.text, self.settings.dense_weight * _DENSE_IN_PARTS, scope)
        named = [
            self._keywords_within(part.text, narrowed) for narrowed in _named_scopes(part) if scope == EVERYWHERE
        ]
        weight = _UNNAMED if named else 1.0
        rankings = [(ranking, 1.0) for ranking in named]
        by_score = sorted(found.scores, key=lambda chunk_id: (-found.scores[chunk_id], chunk_id))
        scores = fuse([*rankings, (by_score, weight)], k=self.settings.rrf_k)
        return sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))

    def _keywords_within(self, query: str, scope: Scope) -> list[str]:
        return self.store.catalog.search_keywords_within(
            query, self.settings.candidates, scope.sources, scope.since, scope.until
        )

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        scope: Scope = EVERYWHERE,
        top_k: int | None = None,
    ) -> list[Document]:
        return [PassageDocument.of(passage) for passage in self._find(query, scope, top_k)]


class PassageDocument(Document):
    """A passage as LangChain's document; `passage` is the passage itself."""

    _passage: Passage = PrivateAttr()

    @classmethod
    def of(cls, passage: Passage) -> "PassageDocument":
        """Make the document of a passage."""
        document = cls(
            id=passage.chunk.id,
            page_content=passage.chunk.text,
            metadata={
                "article_id": passage.article.id,
                "title": passage.article.title,
                "source": passage.article.source,
                "score": passage.score,
            },
        )
        document._passage = passage
        return document

    @property
    def passage(self) -> Passage:
        """The passage with its article and ranks."""
        return self._passage


@dataclass(frozen=True, slots=True)
class _Found:
    """The hits of one search: ids by keyword, cosines of the dense hits, and the fused scores."""

    keyword: tuple[str, ...]
    cosines: dict[str, float]
    scores: dict[str, float]

    def why(self, chunk_id: str) -> Why:
        keyword = self.keyword.index(chunk_id) + 1 if chunk_id in self.keyword else None
        dense = list(self.cosines).index(chunk_id) + 1 if chunk_id in self.cosines else None
        return Why(keyword, dense, self.cosines.get(chunk_id))


def fuse(rankings: Sequence[tuple[Sequence[str], float]], *, k: int) -> dict[str, float]:
    """Fuse rankings, each given with its weight, by reciprocal rank."""
    scores: dict[str, float] = {}
    for ranking, weight in rankings:
        for rank, chunk_id in enumerate(ranking, start=1):
            scores[chunk_id] = scores.get(chunk_id, 0.0) + weight / (k + rank)
    return scores


def in_turn(whole: Sequence[str], parts: Sequence[Sequence[str]], rounds: int) -> list[str]:
    """Order hits so that every part of a question has its best ones in front.

    Args:
        whole: the ranking for the whole question; its first two stay in front.
        parts: a ranking for each part.
        rounds: how often each part in turn gives its best hit that is not there yet.

    Returns:
        Every hit once; those of no round follow in the order of `whole`.
    """
    ordered = dict.fromkeys(whole[:_FIRST_OF_WHOLE])
    for _ in range(rounds):
        for part in parts:
            best = next((chunk_id for chunk_id in part if chunk_id not in ordered), None)
            if best is not None:
                ordered[best] = None
    return list({**ordered, **dict.fromkeys(whole)})


def _spread(ids: Sequence[str], known: Mapping[str, tuple[Chunk, Article]], most: int) -> list[str]:
    """Move the chunks of an article beyond its first few behind all others."""
    seen: Counter[str] = Counter()
    front: list[str] = []
    behind: list[str] = []
    for chunk_id in ids:
        article_id = known[chunk_id][1].id
        seen[article_id] += 1
        (front if seen[article_id] <= most else behind).append(chunk_id)
    return front + behind


def _named_scopes(part: Part) -> list[Scope]:
    scopes = [Scope(part.sources, period.since, period.until) for period in part.periods]
    return [*scopes, Scope(part.sources)] if part.sources else scopes

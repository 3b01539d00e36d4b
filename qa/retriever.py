"""Hybrid retrieval: keyword and dense search, fused by weighted reciprocal rank."""

from collections.abc import Sequence

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.models import Passage, Why
from qa.store import Store


class HybridRetriever(BaseRetriever):
    """Finds the passages for a query, as a LangChain retriever.

    Fusion: score(chunk) = sum over both searches of weight / (k + rank), ranks from 1 (Cormack, Clarke and
    Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    store: Store
    embeddings: EmbeddingModel
    settings: Settings

    def retrieve(self, query: str) -> list[Passage]:
        """Give at most `top_k` passages, best first; an empty list when nothing matches at all."""
        settings = self.settings
        keyword = self.store.search_keywords(query, settings.candidates)
        hits = self.store.search_dense(self.embeddings.embed([query])[0], settings.candidates)
        cosines = dict(hits)
        rankings = [(keyword, settings.keyword_weight), (list(cosines), settings.dense_weight)]
        scores = fuse(rankings, k=settings.rrf_k)
        # More than top_k, because chunks that the catalog no longer knows fall out.
        best = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))[: settings.candidates]
        known = self.store.chunks(best)
        keyword_ranks = {chunk_id: rank for rank, chunk_id in enumerate(keyword, start=1)}
        dense_ranks = {chunk_id: rank for rank, chunk_id in enumerate(cosines, start=1)}
        kept = [chunk_id for chunk_id in best if chunk_id in known][: settings.top_k]
        return [
            Passage(
                *known[chunk_id],
                score=scores[chunk_id],
                rank=rank,
                why=Why(keyword_ranks.get(chunk_id), dense_ranks.get(chunk_id), cosines.get(chunk_id)),
            )
            for rank, chunk_id in enumerate(kept, start=1)
        ]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [
            Document(
                id=passage.chunk.id,
                page_content=passage.chunk.text,
                metadata={
                    "article_id": passage.article.id,
                    "title": passage.article.title,
                    "source": passage.article.source,
                    "score": passage.score,
                },
            )
            for passage in self.retrieve(query)
        ]


def fuse(rankings: Sequence[tuple[Sequence[str], float]], *, k: int) -> dict[str, float]:
    """Fuse rankings, each given with its weight, by reciprocal rank."""
    scores: dict[str, float] = {}
    for ranking, weight in rankings:
        for rank, chunk_id in enumerate(ranking, start=1):
            scores[chunk_id] = scores.get(chunk_id, 0.0) + weight / (k + rank)
    return scores

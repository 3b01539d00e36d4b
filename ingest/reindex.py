"""Make every chunk and vector anew, for another embedding model or chunker, while the old index serves."""

from collections.abc import Callable

from ingest.indexer import cut_and_embed
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.store import Store

_ARTICLES_AT_ONCE = 16  # embedded and kept together: what a killed run loses at most
OnProgress = Callable[[int, int], None]


def reindex(
    store: Store,
    model: EmbeddingModel,
    settings: Settings,
    on_progress: OnProgress = lambda done, total: None,
    wait: float = 10,
) -> bool:
    """Cut and embed every article anew, and let the new chunks take the place of the old ones at once.

    The old index answers until then. What is done is kept: a run that was stopped goes on where it was. Other
    runs of ingest may come in between; what they change is done again.

    Args:
        store: opened with `Store.open_for_rebuild` under the identity of what is to be made.
        model: embeds.
        settings: chunk sizes.
        on_progress: told of articles done, and of all.
        wait: seconds to wait for another writer.

    Returns:
        Whether an earlier run was resumed.

    Raises:
        StoreError: the index cannot be used; what is done is kept.
    """
    catalog = store.catalog
    with store.write_lock(wait):
        resumed = catalog.start_reindex(store.identity)
        resumed = resumed and _done(store) > 0
    while True:
        articles = catalog.not_reindexed(_ARTICLES_AT_ONCE)
        if not articles:
            with store.write_lock(wait):
                # Something may have come in since; it is done under the lock, so that nothing does again.
                late = catalog.not_reindexed()
                for first in range(0, len(late), _ARTICLES_AT_ONCE):
                    batch = late[first : first + _ARTICLES_AT_ONCE]
                    catalog.put_next_chunks(store.identity, cut_and_embed(batch, model, settings))
                folder = store.fill_vectors("next_chunk")
                catalog.finish_reindex(store.identity, folder)
                store.drop_old_vectors()
            return resumed
        cut = cut_and_embed(articles, model, settings)
        with store.write_lock(wait):
            # Changed or removed while they were embedded: left to the next round.
            current = [
                made
                for article, made in zip(articles, cut, strict=True)
                if (catalog.fingerprint_and_origin(article.id) or ("", ""))[0] == article.fingerprint
            ]
            catalog.put_next_chunks(store.identity, current)
        on_progress(_done(store), catalog.counts()[0])


def _done(store: Store) -> int:
    ((count,),) = store.catalog.rows("SELECT count(DISTINCT article_id) FROM next_chunk")
    return int(count)

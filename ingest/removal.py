"""Take articles out of an index so that nothing is left in the folder's bytes, and look whether it is so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.catalog import Catalog
from qa.errors import ArticleError
from qa.models import Article
from qa.store import Store
from qa.text import sentence_spans

_SHORTEST = 25  # characters of a sentence or title that is looked for; shorter ones stand anywhere
_MOST_SENTENCES = 60  # looked for, evenly from all of the text
_READ = 8 * 1024 * 1024  # bytes of a file at once


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, and the files of the index folder in which something of it still stands."""

    articles: tuple[Article, ...]
    left_in: tuple[Path, ...]


def remove_articles(
    store: Store,
    article_ids: Sequence[str],
    on_removed: Callable[[Article], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    wait: float = 10,
) -> Removal:
    """Remove articles for good: text, keywords, vectors, and what ingest remembers of them.

    A running chat does not show them from its next query on. No folder and no feed brings them back; naming
    the file or the page does. The vector index is made anew, since Chroma keeps deleted vectors in its files.

    Args:
        store: the index.
        article_ids: which.
        on_removed: told of each article once it is gone, to blank its quotes elsewhere (conversations).
        say: told of what takes a while.
        wait: seconds to wait for another writer.

    Returns:
        The articles, and where something of them was found afterwards.

    Raises:
        ArticleError: there is no such article; nothing was removed then.
        StoreError: the index cannot be written.
    """
    with store.write_lock(wait, say):
        articles = []
        for article_id in dict.fromkeys(article_ids):
            article = store.catalog.article(article_id)
            if article is None:
                raise ArticleError(f"there is no article {article_id!r}: see `newsdesk articles list`")
            articles.append(article)
        ids = [article.id for article in articles]
        needles = [needle for article in articles for needle in _needles(store.catalog, article, ids)]
        store.catalog.remove_articles(ids, for_good=True)
        store.apply_outbox()
        store.catalog.finish_batch()
        chunks = store.catalog.counts()[1]
        if chunks > 5000:
            say(f"making the vector index anew without them ({chunks} chunks)")
        store.rebuild_vectors()
        store.catalog.wipe_deleted()
    for article in articles:
        on_removed(article)
    return Removal(tuple(articles), tuple(find_bytes(store.data_dir, needles)))


def find_bytes(folder: Path, needles: Sequence[bytes]) -> Iterator[Path]:
    """Give the files under a folder whose bytes hold any of the needles."""
    longest = max(map(len, needles), default=0)
    if not longest:
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and _holds(path, needles, longest):
            yield path


def _holds(path: Path, needles: Sequence[bytes], longest: int) -> bool:
    try:
        with path.open("rb") as file:
            tail = b""
            while part := file.read(_READ):
                window = tail + part
                if any(needle in window for needle in needles):
                    return True
                tail = window[-longest:]
    except OSError:
        return False  # gone meanwhile
    return False


def _needles(catalog: Catalog, article: Article, removed: Sequence[str]) -> Iterator[bytes]:
    """Give what to look for: vectors, and the title and sentences that no article that stays has as well."""
    if not catalog.ledger.copies_of(article.id):  # a word for word copy that stays has the same vectors
        for (vector,) in catalog.rows("SELECT vector FROM chunk WHERE article_id = ?", (article.id,)):
            yield vector
    sentences = [article.text[start:end] for start, end in sentence_spans(article.text)]
    step = max(1, len(sentences) // _MOST_SENTENCES)
    marks = ", ".join("?" for _ in removed)
    for words in (article.title, *sentences[::step]):
        if len(words) < _SHORTEST:
            continue
        shared = catalog.rows(
            f"SELECT 1 FROM article WHERE id NOT IN ({marks}) "  # noqa: S608
            "AND (instr(text, ?) OR instr(title, ?)) LIMIT 1",
            (*removed, words, words),
        )
        if not shared:
            yield words.encode()

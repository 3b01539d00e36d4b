"""Near-duplicates: the same story with small edits, as agencies and their customers publish it.

MinHash (Broder, "On the resemblance and containment of documents", 1997) over runs of three words, cut into
bands, finds candidates through an index of the catalog; their resemblance is then computed exactly.
"""

import hashlib
import re
from collections.abc import Sequence

from qa.catalog import Catalog, insert_copies
from qa.models import Article

SCHEME = "minhash-1"  # change it with anything below: bands of two schemes must never meet
RESEMBLANCE = 0.6  # shared runs of words, of all runs, from which on two articles are near-duplicates
_RUN = 3  # words
_WORD = re.compile(r"\w+")
_PERMUTATIONS = 64
_BAND = 4  # values in a band: a pair at 0.6 shares one of 16 bands with probability 0.89, at 0.8 with 0.9998
_CANDIDATES = 30  # compared exactly, of those that share most bands
_FEWEST = 8  # runs; shorter texts resemble each other by accident
_SLICE = 200


def band_keys(text: str) -> list[bytes]:
    """Give the keys under which near-duplicates of a text meet; none for a text that is too short."""
    runs = _runs(text)
    if len(runs) < _FEWEST:
        return []
    from datasketch import MinHash

    minhash = MinHash(num_perm=_PERMUTATIONS, seed=1)
    minhash.update_batch([run.encode() for run in runs])
    values = minhash.hashvalues.astype("<u8")
    keys = []
    for band in range(_PERMUTATIONS // _BAND):
        part = values[band * _BAND : (band + 1) * _BAND].tobytes()
        keys.append(hashlib.blake2b(f"{SCHEME}:{band}:".encode() + part, digest_size=8).digest())
    return keys


def near_duplicates(catalog: Catalog, article: Article, keys: Sequence[bytes]) -> list[tuple[str, float]]:
    """Find the near-duplicates of an article in the index.

    Args:
        catalog: where to look.
        article: itself left out, whether it is there or not.
        keys: its `band_keys`.

    Returns:
        Their ids with the resemblance, 0.6 to 1.
    """
    if not keys:
        return []
    found = []
    candidates = catalog.ledger.sharing_bands(keys, article.id, _CANDIDATES)
    own = _runs(article.text) if candidates else set()
    for other, text in candidates:
        runs = _runs(text)
        resemblance = len(own & runs) / len(own | runs)
        if resemblance >= RESEMBLANCE:
            found.append((other, resemblance))
    return found


def complete_bands(catalog: Catalog) -> None:
    """Give bands to articles that came in before there were any; once per index and scheme."""
    if catalog.manifest().get("near_duplicates") == SCHEME:
        return
    ids = [article_id for article_id, _ in catalog.ledger.origins()]
    for first in range(0, len(ids), _SLICE):
        for article_id in ids[first : first + _SLICE]:
            article = catalog.article(article_id)
            if article is None:
                continue
            keys = band_keys(article.text)
            copies = near_duplicates(catalog, article, keys)
            with catalog.transaction() as connection:
                insert_copies(connection, article.id, keys, copies)
    with catalog.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO manifest VALUES ('near_duplicates', ?)", (SCHEME,))


def _runs(text: str) -> set[str]:
    found = _WORD.findall(text.lower())
    return {" ".join(found[i : i + _RUN]) for i in range(len(found) - _RUN + 1)}

"""What an index holds, what it was built with, and how large it is on disk."""

from pathlib import Path
from typing import Any

from qa.catalog import Catalog

_LARGEST = 20  # outlets listed


def index_stats(catalog: Catalog) -> dict[str, Any]:
    """Give the numbers of an index, flat but for `sources` and `disk_mb`."""
    articles, chunks = catalog.counts()
    manifest = catalog.manifest()
    ((first, last, undated),) = catalog.rows(
        "SELECT min(published_at), max(published_at), coalesce(sum(published_at IS NULL), 0) FROM article"
    )
    ((near,),) = catalog.rows("SELECT count(DISTINCT article_id) FROM near_duplicate")
    ((pending,),) = catalog.rows("SELECT count(*) FROM outbox")
    ((newest,),) = catalog.rows("SELECT max(ingested_at) FROM article")
    failures = catalog.ledger.failures()
    return {
        "articles": articles,
        "chunks": chunks,
        "published_from": first,
        "published_to": last,
        "without_date": undated,
        "near_duplicates": near,
        "failed": len(failures),
        "set_aside": sum(failure.set_aside for failure in failures),
        "last_ingest": newest,
        "not_yet_in_vector_index": pending,
        "embedding_model": manifest["embedding_model"],
        "dimension": int(manifest["dimension"]),
        "chunker": manifest["chunker"],
        "schema_version": manifest["schema_version"],
        "reindex_under_way": "next_identity" in manifest,
        "sources": dict(catalog.source_counts()[:_LARGEST]),
        "disk_mb": _disk(catalog.folder),
    }


def _disk(folder: Path) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = "vectors" if "vectors-" in str(path.relative_to(folder)) else path.relative_to(folder).parts[0]
            sizes[name] = sizes.get(name, 0.0) + path.stat().st_size / 1024 / 1024
    return {name: round(size, 2) for name, size in sorted(sizes.items())}

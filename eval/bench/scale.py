"""How an index grows: write rate, disk, memory and the time of a query by stage, with ready-made vectors."""

import itertools
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.synthetic import CHUNKS_PER_ARTICLE, SyntheticModel, SyntheticNews, SyntheticQuery
from qa.catalog import ArticleRecord, IndexIdentity
from qa.config import Settings
from qa.retriever import fuse
from qa.store import Store

_QUERIES = 200
_ARTICLES_AT_ONCE = 50


def measure_scale(chunks: int, settings: Settings) -> dict[str, Any]:
    """Write so many chunks into an empty index and query it, in a process of its own.

    Args:
        chunks: how many.
        settings: for retrieval; their data_dir is left alone.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measure, (chunks, settings))


def _measure(chunks: int, settings: Settings) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="newsdesk-bench-"))
    try:
        return _measured_in(folder, chunks, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured_in(folder: Path, chunks: int, settings: Settings) -> dict[str, Any]:
    identity = IndexIdentity.of(SyntheticModel(), settings)
    store = Store.create_or_open(folder, identity)
    news = SyntheticNews()
    questions: list[SyntheticQuery] = []
    every = max(1, chunks // CHUNKS_PER_ARTICLE // _QUERIES)
    catalog_seconds = 0.0
    with store.write_lock():
        for number, batch in enumerate(_batches(news.records(chunks))):
            started = time.perf_counter()
            store.catalog.put(batch)
            catalog_seconds += time.perf_counter() - started
            questions += [
                news.query(r) for i, r in enumerate(batch) if (number * _ARTICLES_AT_ONCE + i) % every == 0
            ]
        started = time.perf_counter()
        store.apply_outbox()
        store.catalog.finish_batch()
        vector_seconds = time.perf_counter() - started
    store.catalog.close()
    written_mb = _memory_mb()
    store = Store.open(folder, identity)
    started = time.perf_counter()
    store.search_dense(questions[0].vector, 1)
    opening = time.perf_counter() - started
    return {
        "chunks": chunks,
        "catalog_chunks_per_second": round(chunks / catalog_seconds),
        "vectors_chunks_per_second": round(chunks / vector_seconds),
        "disk_mb": round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1024 / 1024, 1),
        "memory_mb": round(max(written_mb, _memory_mb())),
        "open_seconds": round(opening, 2),
        "queries": len(questions[:_QUERIES]),
        **_query_times(store, questions[:_QUERIES], settings),
    }


def _query_times(store: Store, questions: list[SyntheticQuery], settings: Settings) -> dict[str, dict[str, float]]:
    """Time each stage of retrieval as the retriever runs it; the embedding of the query is not in it."""
    times: dict[str, list[float]] = {"keyword": [], "dense": [], "fuse": [], "join": [], "total": []}
    for question in questions:
        moments = [time.perf_counter()]
        keyword = store.search_keywords(question.text, settings.candidates)
        moments.append(time.perf_counter())
        dense = store.search_dense(question.vector, settings.candidates)
        moments.append(time.perf_counter())
        rankings = [(keyword, settings.keyword_weight), ([i for i, _ in dense], settings.dense_weight)]
        scores = fuse(rankings, k=settings.rrf_k)
        ranking = sorted(scores, key=scores.__getitem__, reverse=True)
        moments.append(time.perf_counter())
        store.chunks(ranking[: settings.candidates])
        moments.append(time.perf_counter())
        for stage, (before, after) in zip(times, itertools.pairwise(moments), strict=False):
            times[stage].append(after - before)
        times["total"].append(moments[-1] - moments[0])
    long = times["keyword_of_25_words"] = []
    for question in questions:
        begun = time.perf_counter()
        store.search_keywords(question.long_text, settings.candidates)
        long.append(time.perf_counter() - begun)
    return {
        stage: {f"p{p}_ms": round(float(np.percentile(seconds, p)) * 1000, 2) for p in (50, 95)}
        for stage, seconds in times.items()
    }


def _batches(records: Iterator[ArticleRecord]) -> Iterator[list[ArticleRecord]]:
    batch: list[ArticleRecord] = []
    for record in records:
        batch.append(record)
        if len(batch) == _ARTICLES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _memory_mb() -> float:
    """Give what this process holds in memory now, in MB; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

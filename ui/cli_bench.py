"""The `newsdesk bench` commands: how fast it is on this machine."""

import json
from pathlib import Path

import click

from ui.cli_base import Group, say


@click.group(cls=Group)
def bench() -> None:
    """Measure speed on this machine; results stand in docs/performance.md."""


@bench.command(name="ingest")
@click.argument("corpus", nargs=-1, required=True, type=click.Path(path_type=Path))
def bench_ingest(corpus: tuple[Path, ...]) -> None:
    """Ingest a corpus twice into an index of its own: rate by stage, and the cost of what is unchanged."""
    from eval.bench.ingest_speed import measure_ingest
    from qa.config import load_settings
    from qa.embeddings import load_embeddings

    settings = load_settings()
    say("ingesting, twice")
    measured = measure_ingest(corpus, settings, load_embeddings(settings, say))
    click.echo(json.dumps(measured.to_json(), indent=2))


@bench.command(name="scale")
@click.option(
    "--chunks", multiple=True, type=click.IntRange(100), help="Sizes to measure [default: 1000 10000 100000]."
)
def bench_scale(chunks: tuple[int, ...]) -> None:
    """Fill indexes with made-up chunks and ready-made vectors: write rate, disk, memory, query times."""
    from eval.bench.scale import measure_scale
    from qa.config import load_settings

    settings = load_settings()
    for size in chunks or (1_000, 10_000, 100_000):
        say(f"{size} chunks")
        click.echo(json.dumps(measure_scale(size, settings)))

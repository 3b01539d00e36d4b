"""The `newsdesk articles` commands: look at what is in the index, and take articles out."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli_base import EXIT_SOME_FAILED, Group, data_dir_option, say

if TYPE_CHECKING:
    from qa.catalog import Catalog
    from qa.models import ArticleListing

_DAY = click.DateTime(["%Y-%m-%d"])
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON (docs/json.md).")


@click.group(cls=Group)
def articles() -> None:
    """Look at the articles of the index, and remove some."""


@articles.command(name="list")
@click.option("--source", multiple=True, help="Only articles of this outlet; can be repeated.")
@click.option("--since", type=_DAY, help="Only those published on this day or later.")
@click.option("--until", type=_DAY, help="Only those published on this day or before.")
@click.option("--title", default="", help="Only those with this in their title.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Articles at most.")
@click.option("--all", "every", is_flag=True, help="All of them, whatever the limit.")
@click.option("--failed", is_flag=True, help="Instead: the files and addresses that could not be read.")
@json_option
@data_dir_option
def list_(
    source: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    title: str,
    limit: int,
    every: bool,
    failed: bool,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """List articles, the newest first: date, outlet, title and id."""
    from qa.models import ArticleFilter

    catalog = _catalog(data_dir)
    if failed:
        _list_failed(catalog, as_json)
        return
    wanted = ArticleFilter(
        source, since.date() if since else None, until.date() if until else None, title, -1 if every else limit
    )
    found = catalog.listing(wanted)
    if as_json:
        _print_json([_listing_json(listing) for listing in found])
        return
    for listing in found:
        day = listing.published_at.date().isoformat() if listing.published_at else "no date   "
        copies = f"  [{listing.copies} near-duplicates]" if listing.copies else ""
        click.echo(f"{day}  {listing.source or '-'}: {listing.title}{copies}\n            {listing.id}")
    total = catalog.counts()[0]
    if len(found) == limit and not every and total > limit:
        say(f"the first {limit} of {total}: --all, or a filter, gives others")


@articles.command()
@click.argument("article_id")
@json_option
@data_dir_option
def show(article_id: str, as_json: bool, data_dir: Path | None) -> None:
    """Print an article with what is known of it."""
    from qa.errors import ArticleError

    catalog = _catalog(data_dir)
    article = catalog.article(article_id)
    if article is None:
        raise ArticleError(f"there is no article {article_id!r}: see `newsdesk articles list`")
    copies = catalog.ledger.copies_of(article_id)
    fields: dict[str, Any] = {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "author": article.author,
        "url": article.url,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "origin": article.origin,
        "near_duplicates": [{"article_id": i, "resemblance": round(r, 3)} for i, r in copies],
    }
    if as_json:
        _print_json({**fields, "text": article.text})
        return
    for name, value in fields.items():
        if name == "near_duplicates":
            for copy in value:
                click.echo(f"{'like':13} {copy['article_id']} ({copy['resemblance']:.2f})")
        elif value:
            click.echo(f"{name:13} {value}")
    click.echo(f"\n{article.text}")


@articles.command()
@click.argument("article_ids", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wait", type=click.FloatRange(0), default=10, show_default=True,
              help="Seconds to wait for another process that writes to the index.")  # fmt: skip
@data_dir_option
def remove(article_ids: tuple[str, ...], yes: bool, wait: float, data_dir: Path | None) -> None:
    """Remove articles for good: text, keywords and vectors; then look whether anything is left in the files.

    A running chat does not show them any more, and kept conversations lose their words. No folder and no feed
    brings them back; naming the file or the page does.
    """
    from ingest.removal import remove_articles
    from qa.catalog import IndexIdentity
    from qa.config import load_settings
    from qa.embeddings import load_embeddings
    from qa.store import Store
    from ui.history import forget_in

    settings = load_settings(data_dir=data_dir)
    model = load_embeddings(settings, say)
    store = Store.open(settings.data_dir, IndexIdentity.of(model, settings))
    if not yes and sys.stdin.isatty():
        click.confirm(f"Remove {len(article_ids)} article(s) for good?", abort=True)
    removal = remove_articles(store, article_ids, forget_in(settings.data_dir), say, wait)
    for article in removal.articles:
        click.echo(f"removed    {article.id}")
    for path in removal.left_in:
        own = path.name.startswith("catalog.") or "vectors-" in str(path)
        advice = (
            "somebody is reading there; `newsdesk reindex --vectors` wipes it"
            if own
            else "delete it if it quotes them"
        )
        say(f"some of their words still stand in {path}: {advice}")
    if removal.left_in:
        sys.exit(EXIT_SOME_FAILED)
    click.echo(f"nothing of it is left in {settings.data_dir}")


@articles.command()
@json_option
@data_dir_option
def stats(as_json: bool, data_dir: Path | None) -> None:
    """Say what the index holds, what it was built with, and how large it is."""
    from ingest.stats import index_stats

    catalog = _catalog(data_dir)
    found = index_stats(catalog)
    if as_json:
        _print_json(found)
        return
    for name, value in found.items():
        if isinstance(value, dict):
            click.echo(f"{name.replace('_', ' ')}:")
            for key, inner in value.items():
                click.echo(f"  {key or '(none)'}: {inner}")
        else:
            click.echo(f"{name.replace('_', ' ')}: {value}")


def _catalog(data_dir: Path | None) -> "Catalog":
    """Open the catalog whatever it was built with: looking needs no model."""
    from qa.catalog import Catalog
    from qa.config import load_settings

    return Catalog.open_unchecked(load_settings(data_dir=data_dir).data_dir)


def _list_failed(catalog: "Catalog", as_json: bool) -> None:
    failures = catalog.ledger.failures()
    if as_json:
        _print_json(
            [
                {
                    "origin": f.origin,
                    "reason": f.reason,
                    "attempts": f.attempts,
                    "set_aside": f.set_aside,
                    "first_at": f.first_at.isoformat(),
                    "last_at": f.last_at.isoformat(),
                }
                for f in failures
            ]
        )
        return
    for failure in failures:
        aside = ", set aside until it changes" if failure.set_aside else ""
        when = failure.last_at.isoformat(timespec="seconds")
        click.echo(f"{failure.reason}\n            attempts {failure.attempts}, last {when}{aside}")
    if not failures:
        say("nothing has failed")


def _listing_json(listing: "ArticleListing") -> dict[str, Any]:
    return {
        "id": listing.id,
        "title": listing.title,
        "source": listing.source,
        "author": listing.author,
        "url": listing.url,
        "published_at": listing.published_at.isoformat() if listing.published_at else None,
        "ingested_at": listing.ingested_at.isoformat(),
        "origin": listing.origin,
        "characters": listing.characters,
        "chunks": listing.chunks,
        "near_duplicates": listing.copies,
    }


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))

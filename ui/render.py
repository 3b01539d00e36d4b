"""Answers as text and HTML. Pure functions; everything that comes from an article is escaped."""

import html
import re
from urllib.parse import urlsplit

from qa.models import Answer, Article, Citation, Passage
from qa.text import squeeze

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$&:@/])")
_SAFE_SCHEMES = ("http", "https")


def escape_markdown(text: str) -> str:
    """Make text show as it is in Markdown: no emphasis, link, image, HTML or heading comes of it."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", squeeze(text))


def unescape_markdown(text: str) -> str:
    """Undo `escape_markdown`."""
    return re.sub(r"\\([^\w\s])", r"\1", text)


def answer_markdown(answer: Answer) -> str:
    """Give an answer's text for the chat."""
    return escape_markdown(answer.text)


def plain_sources(answer: Answer) -> str:
    """Give the numbered sources of an answer for a terminal."""
    lines = ["Sources"]
    for citation in answer.citations:
        lines.append(f"[{citation.number}] {headline(citation.passage.article)}")
        lines.append(f"    “{squeeze(citation.quote)}”")
        if citation.passage.article.url:
            lines.append(f"    {citation.passage.article.url}")
    return "\n".join(lines)


def headline(article: Article) -> str:
    """Give an article's title with outlet and date, as far as they are known."""
    return ", ".join(part for part in (squeeze(article.title), article.source, date_of(article)) if part)


def date_of(article: Article) -> str:
    """Give an article's date as "12 February 2025", or nothing."""
    published = article.published_at
    return f"{published.day} {published:%B %Y}" if published else ""


def sources_html(answer: Answer) -> str:
    """Give the sources beside an answer: a card for each citation, then what was read and not cited."""
    cited = {citation.passage.chunk.id for citation in answer.citations}
    cards = [_citation_card(citation) for citation in answer.citations]
    others = [passage for passage in answer.passages if passage.chunk.id not in cited]
    if not cards and not others:
        return empty_sources_html()
    parts = [*cards]
    if answer.abstained:
        parts.append('<p class="nd-note">Nothing in the articles answers this. The nearest passages:</p>')
    if others:
        parts.append(_also_read(others, opened=answer.abstained))
    return _section("".join(parts))


def empty_sources_html() -> str:
    """Give what stands beside the chat before the first answer."""
    return _section('<p class="nd-note">The passages behind an answer appear here.</p>')


def _section(content: str) -> str:
    return f'<section class="nd-sources" aria-label="Sources"><h2>Sources</h2>{content}</section>'


def _citation_card(citation: Citation) -> str:
    article, chunk = citation.passage.article, citation.passage.chunk
    before = article.text[chunk.start : citation.start]
    after = article.text[citation.end : chunk.end]
    quote = article.text[citation.start : citation.end]
    return (
        f'<article class="nd-card" id="source-{citation.number}">'
        f'<header><span class="nd-number">{citation.number}</span><div>{_heading(article)}</div></header>'
        f"<p>{_text(before)}<mark>{_text(quote)}</mark>{_text(after)}</p></article>"
    )


def _also_read(passages: list[Passage], *, opened: bool) -> str:
    items = "".join(
        f'<div class="nd-also">{_heading(p.article)}<p>{_text(p.chunk.text)}</p></div>' for p in passages
    )
    attribute = " open" if opened else ""
    return f"<details{attribute}><summary>Also read ({len(passages)})</summary>{items}</details>"


def _heading(article: Article) -> str:
    title = html.escape(squeeze(article.title) or article.id)
    if _is_web_address(article.url):
        address = html.escape(article.url, quote=True)
        title = f'<a href="{address}" target="_blank" rel="noopener noreferrer">{title}</a>'
    where = " · ".join(html.escape(part) for part in (article.source, date_of(article)) if part)
    return f'<span class="nd-title">{title}</span><span class="nd-where">{where}</span>'


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _SAFE_SCHEMES and bool(parts.netloc)


def _text(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")

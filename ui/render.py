"""Answers as text and HTML. Pure functions; everything that comes from an article is escaped."""

import html
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from qa.models import Answer, Article, Stage, SupportStatus
from qa.pipeline import QUOTATIONS_ONLY
from qa.text import squeeze
from ui.library import FileResult, Outcome
from ui.views import AnswerView, Card, CardState, SupportLine, long_date

SHARE_PATH = "share/"  # where a link to an answer is made
_SAFE_SCHEMES = ("http", "https")
_MARKER = re.compile(r"\[(\d+)\]")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>~|&])|^([#+\-=]|\d+[.)])(?=\s|$)")
_STATUS_MARKS = {
    SupportStatus.SUPPORTED.value: ("✓", "supported"),
    SupportStatus.QUOTED.value: ("❝", "quoted word for word"),
    SupportStatus.TAKEN_BACK.value: ("✗", "taken back"),
}
_STAGE_WORDS = {
    Stage.SEARCHING.value: "Searching the articles",
    Stage.READING.value: "Reading what was found",
    Stage.WRITING.value: "Writing, checking each claim",
}

# For the terminal


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
    return long_date(article.published_at.isoformat()) if article.published_at else ""


# In the conversation


def question_markdown(question: str) -> str:
    """Make a question show as it was typed: no emphasis, link, image or HTML comes of it."""
    return "\n".join(_MARKDOWN_SPECIAL.sub(_escaped, line) for line in question.splitlines())


def question_of_markdown(shown: str) -> str:
    """Undo `question_markdown`, for a question that is edited."""
    return re.sub(r"\\([\\`*_\[\]<>~|&#+\-=.)])", r"\1", shown)


def answer_html(view: AnswerView, turn_id: str, progress: str = "", *, frozen: bool = False) -> str:
    """Give an answer for the conversation, as one block of HTML without an empty line.

    Args:
        view: the answer, growing or done.
        turn_id: names the turn in the links of the markers.
        progress: what is being done now; nothing when it is done.
        frozen: for a page of its own: without a link to share it.
    """
    parts = []
    if label := label_of(view):
        parts.append(f'<p class="nd-label">{label}</p>')
    if view.text:
        parts.append(f'<p class="nd-text">{_with_links(view, turn_id)}</p>')
    if view.error:
        parts.append(f'<p class="nd-error"><strong>This did not work.</strong> {_text(view.error)}</p>')
    if view.stopped:
        parts.append('<p class="nd-label">Stopped before it was finished.</p>')
    if view.searched:
        parts.append(f'<p class="nd-foot">{_text(view.searched)}</p>')
    if progress:
        parts.append(f'<p class="nd-step">{_text(progress)}</p>')
    elif view.done:
        share = "" if frozen or view.error else f' · <a href="{SHARE_PATH}{turn_id}">Link to this answer</a>'
        parts += [_newer(view), f'<p class="nd-foot">{_text(_foot(view))}{share}</p>', _support(view.support)]
    content = "".join(part for part in parts if part)
    return f'<div class="nd-answer">{_one_line(content)}</div>'


def label_of(view: AnswerView) -> str:
    """Say what stands there instead of a checked answer; "" for a checked one, and where nothing stands there."""
    if not view.text:
        return ""
    if view.provisional:
        return "The best quotation" if view.done else "Best quotation so far"
    return "" if view.done else "Draft: it may still be taken back"


def progress_words(view: AnswerView, waited: float, position: int | None) -> str:
    """Say what is being done for a question now, and since when.

    Args:
        view: the answer so far.
        waited: seconds since the question was asked.
        position: how many questions are in front of it in the line for the model; None: it does not stand there.
    """
    if position:
        others = "1 question is" if position == 1 else f"{position} questions are"
        return f"{others} in front of yours · {waited:.0f} s"
    return f"{_STAGE_WORDS.get(view.stage, 'Working')} … {waited:.1f} s"


def spoken_status(view: AnswerView) -> str:
    """Say how it stands in a sentence that a screen reader reads out once."""
    if view.error:
        return "This did not work."
    if not view.done:
        return f"{_STAGE_WORDS.get(view.stage, 'Working')}."
    if view.stopped:
        return "Stopped."
    if view.abstained:
        return "The articles do not say. The nearest passages are beside the answer."
    count = len(view.cards)
    return f"Answer ready, with {count} source{'s' if count != 1 else ''}."


def _with_links(view: AnswerView, turn_id: str) -> str:
    cards = {card.number: card for card in view.cards}

    def link(match: re.Match[str]) -> str:
        card = cards.get(int(match.group(1)))
        if card is None:
            return ""
        title = ", ".join(part for part in (f"Source {card.number}: {card.title}", card.outlet, card.day) if part)
        dated = f' <span class="nd-date">({card.day})</span>' if view.of_several_days and card.day else ""
        return (
            f'<a class="nd-marker" href="#{anchor(turn_id, card.number)}" title="{_attribute(title)}">'
            f"[{card.number}]</a>{dated}"
        )

    pieces = []
    end = 0
    for match in _MARKER.finditer(view.text):
        pieces += [_text(view.text[end : match.start()]), link(match)]
        end = match.end()
    return "".join([*pieces, _text(view.text[end:])])


def _newer(view: AnswerView) -> str:
    newer = view.newest_uncited
    if newer is None or view.abstained:
        return ""
    return (
        f'<p class="nd-label">A newer article was read and is not cited: “{_text(newer.title)}”, '
        f"{_text(newer.day)}. See “Also read”.</p>"
    )


def _foot(view: AnswerView) -> str:
    parts = []
    if view.as_of:
        parts.append(f"As of {long_date(view.as_of)}")
    elif view.cards:
        parts.append("The cited articles are undated")
    times = f"{view.seconds:.1f} s"
    if view.first_words is not None and view.seconds - view.first_words > 0.05:
        times += f", first words after {view.first_words:.1f} s"
    parts.append(times)
    if view.model == QUOTATIONS_ONLY and not view.abstained and not view.error:
        parts.append("quotation, no language model")
    return " · ".join(parts)


def _support(support: Sequence[SupportLine]) -> str:
    if not support:
        return ""
    counts = {status: sum(line.status == status for line in support) for status in _STATUS_MARKS}
    summary = " · ".join(
        f"{_STATUS_MARKS[status][0]} {count} sentence{'s' if count != 1 else ''} {_STATUS_MARKS[status][1]}"
        for status, count in counts.items()
        if count
    )
    lines = "".join(_support_line(line) for line in support)
    return f'<details class="nd-support"><summary>{summary}</summary><ul>{lines}</ul></details>'


def _support_line(line: SupportLine) -> str:
    mark, words = _STATUS_MARKS.get(line.status, ("?", line.status))
    by = f" by {', '.join(f'[{number}]' for number in line.citations)}" if line.citations else ""
    reason = f": {line.reason}" if line.reason else ""
    sentence = f"<s>{_text(line.sentence)}</s>" if mark == "✗" else _text(line.sentence)
    return f'<li>{sentence} <span class="nd-status">{mark} {_text(words + by + reason)}</span></li>'


# Beside the conversation


def anchor(turn_id: str, number: int) -> str:
    """Give the id of a card, which its markers point to."""
    return f"nd-{turn_id}-{number}"


def sources_html(view: AnswerView, turn_id: str, *, frozen: bool = False) -> str:
    """Give the sources beside an answer: a card for each citation, then what was read and not cited.

    Args:
        view: the answer.
        turn_id: names the turn in the ids of the cards.
        frozen: for a page of its own: without the whole articles, which may have changed.
    """
    if not view.cards and not view.also:
        return empty_sources_html(searching=not view.done and not view.error)
    parts = [_card(card, turn_id, frozen) for card in view.cards]
    if view.abstained:
        parts.append('<p class="nd-note">Nothing in the articles answers this.</p>')
    if view.also:
        summary = "Nearest passages" if view.abstained else "Also read" if view.done else "Passages"
        parts.append(_also_read(view.also, summary, opened=not view.cards, frozen=frozen))
    about = "" if frozen else f'<p class="nd-note">For: {_text(view.question)}</p>'
    return _section(about + "".join(parts), turn_id)


def empty_sources_html(*, searching: bool = False) -> str:
    """Give what stands beside the conversation before there is a source."""
    words = "Searching …" if searching else "The passages behind an answer appear here."
    return _section(f'<p class="nd-note">{words}</p>', "")


def _section(content: str, turn_id: str) -> str:
    return (
        f'<section class="nd-sources" data-turn="{_attribute(turn_id)}" aria-label="Sources">'
        f"<h2>Sources</h2>{content}</section>"
    )


def _card(card: Card, turn_id: str, frozen: bool) -> str:
    card_id = anchor(turn_id, card.number)
    return (
        f'<article class="nd-card" id="{_attribute(card_id)}" tabindex="-1" aria-label="Source {card.number}">'
        f'<header><a class="nd-number" href="#{_attribute(card_id)}-back" '
        f'aria-label="{card.number}: back to where it is cited" title="Back to where it is cited">'
        f"{card.number}</a>"
        f"<div>{_heading(card)}</div></header>{_body(card, frozen)}</article>"
    )


def _also_read(cards: Sequence[Card], summary: str, *, opened: bool, frozen: bool) -> str:
    shown = "".join(
        f'<article class="nd-also" aria-label="{summary}">{_heading(card)}{_body(card, frozen)}</article>'
        for card in cards
    )
    attribute = " open" if opened else ""
    return f'<details class="nd-also-read"{attribute}><summary>{summary} ({len(cards)})</summary>{shown}</details>'


def _body(card: Card, frozen: bool) -> str:
    if card.state is CardState.WITHDRAWN:
        return '<p class="nd-gone">This article has been withdrawn since; its words are no longer shown.</p>'
    changed = '<p class="nd-gone">This article has changed since.</p>' if card.state is CardState.CHANGED else ""
    quote = f"<mark>{_text(card.quote)}</mark>" if card.quote else ""
    return (
        f'{changed}<p class="nd-passage">{_text(card.before)}{quote}{_text(card.after)}</p>'
        f'<p class="nd-why">{_text(card.why)}</p>{"" if frozen else _whole(card)}'
    )


def _whole(card: Card) -> str:
    return (
        f'<details class="nd-whole" data-article="{_attribute(card.article_id)}" data-start="{card.start}" '
        f'data-end="{card.end}"><summary>Whole article</summary>'
        '<div class="nd-article" tabindex="0" role="region" aria-label="Whole article"></div></details>'
    )


def _heading(card: Card) -> str:
    title = _text(card.title)
    if is_web_address(card.url):
        title = f'<a href="{_attribute(card.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    where = " · ".join(_text(part) for part in (card.outlet, card.day or "undated") if part)
    return f'<h3 class="nd-title">{title}</h3><p class="nd-where">{where}</p>'


def article_html(article: Article, start: int = 0, end: int = 0) -> str:
    """Give a whole article, the words from start to end marked."""
    title = _text(squeeze(article.title) or article.id)
    if is_web_address(article.url):
        title = f'<a href="{_attribute(article.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    where = " · ".join(_text(p) for p in (article.source, date_of(article) or "undated", article.author) if p)
    body = _text(article.text)
    if 0 <= start < end <= len(article.text):
        before, marked, after = article.text[:start], article.text[start:end], article.text[end:]
        body = f"{_text(before)}<mark>{_text(marked)}</mark>{_text(after)}"
    return f'<h3 class="nd-title">{title}</h3><p class="nd-where">{where}</p><p class="nd-passage">{body}</p>'


def note_html(words: str) -> str:
    """Give a remark."""
    return f'<p class="nd-note">{_text(words)}</p>'


def results_html(done: Sequence[FileResult], total: int) -> str:
    """Say what became of files, each that failed by name, and how many are to come."""
    counts = {outcome: sum(result.outcome is outcome for result in done) for outcome in Outcome}
    words = ", ".join(f"{outcome.value} {count}" for outcome, count in counts.items() if count)
    failed = "".join(f"<li>{_text(result.reason)}</li>" for result in done if result.outcome is Outcome.FAILED)
    bar = ""
    if len(done) < total:
        bar = f'<progress max="{total}" value="{len(done)}" aria-label="Files read"></progress>'
        words = f"Reading {len(done) + 1} of {total} … {words}"
    listed = f'<ul class="nd-failed">{failed}</ul>' if failed else ""
    return f'<div role="status" class="nd-note">{bar}<p>{_text(words or "Nothing to do.")}</p>{listed}</div>'


def is_web_address(url: str) -> bool:
    """Tell whether a URL may become a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _SAFE_SCHEMES and bool(parts.netloc)


def _escaped(match: re.Match[str]) -> str:
    character, opener = match.groups()
    return f"\\{character}" if character else f"{opener[:-1]}\\{opener[-1]}"


def _one_line(markup: str) -> str:
    return markup.replace("\n", " ")


def _text(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _attribute(text: str) -> str:
    return html.escape(text, quote=True)

"""Questions that no single fact answers: what somebody said, a timeline, how a figure changed, a summary.

They are answered by choosing sentences and putting them in order, each cited; nothing is written.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from qa.claims import name_words, numbers
from qa.frames import HEDGING, SPEECH, frames_of
from qa.models import EVERYWHERE, Evidence, Scope
from qa.question import month_of
from qa.syntax import parse
from qa.text import plain_quotes, stem, stems


class Form(StrEnum):
    """What such a question asks for."""

    STATEMENT = "statement"
    TIMELINE = "timeline"
    SINCE = "since"
    CHANGE = "change"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Topic:
    """A question of this sort: its form, what it is about, who speaks (""), and the days it is limited to."""

    form: Form
    about: str
    speaker: str = ""
    scope: Scope = EVERYWHERE


_MOST = {Form.STATEMENT: 5, Form.TIMELINE: 8, Form.SINCE: 10, Form.CHANGE: 6, Form.SUMMARY: 8}
_PER_ARTICLE = {Form.STATEMENT: 3, Form.TIMELINE: 2, Form.SINCE: 8, Form.CHANGE: 2, Form.SUMMARY: 6}
# The share of the best score that a sentence must have, and the best sentence of its article.
_SHARE = {Form.STATEMENT: 0.15, Form.TIMELINE: 0.4, Form.SINCE: 0.2, Form.CHANGE: 0.45, Form.SUMMARY: 0.25}
_ARTICLE_SHARE = {
    Form.STATEMENT: 0.15,
    Form.TIMELINE: 0.5,
    Form.SINCE: 0.65,
    Form.CHANGE: 0.45,
    Form.SUMMARY: 0.65,
}
_LEAD = 0.3  # what the first sentences of an article have in advance, falling with their place
_LEAD_CHARS = 300.0
# Verbs with which somebody's words are told, besides those that attribute a claim in `qa.frames`.
_VOICING = frozenset(
    "indicate emphasise emphasize assert reiterate repeat caution assure hint signal underline outline reaffirm "
    "voice express disclose welcome condemn reject".split()
)
_SAYING = "say|said|tell|told|think|thought|claim|argue|propose|suggest|warn|promise|make of|have to say|comment"
_PATTERNS: tuple[tuple[Form, re.Pattern[str]], ...] = tuple(
    (form, re.compile(pattern, re.IGNORECASE))
    for form, pattern in (
        (Form.TIMELINE, r"\b(?:time ?line|chronology|sequence of events)\b(?: of| for| on)?(?P<about>.*)"),
        (Form.TIMELINE, r"^in (?:what|which) order did (?:things|events) (?:happen|unfold)(?P<about>.*)"),
        (Form.TIMELINE, r"^how did (?P<about>.*?) (?:unfold|play out)\b"),
        (
            Form.SINCE,
            r"^(?:give me |list |show me )?(?:everything|all(?: the news)?|what is new|what's new|what has been "
            r"(?:reported|written|said|published)|what has happened|what happened|the news)\b(?P<about>.*?)"
            r"\bsince (?P<since>.*)",
        ),
        (
            Form.CHANGE,
            r"^how (?:did|has|have|do) (?P<about>.*?) (?:change[ds]?|develop(?:ed)?|evolve[ds]?"
            r"|move[ds]?|shift(?:ed)?)\b"
            r"(?P<rest>.*)",
        ),
        (
            Form.SUMMARY,
            r"^(?:please )?(?:summari[sz]e|sum up|give (?:me )?(?:a |an )?(?:summary"
            r"|overview)(?: of)?|brief me on)"
            r"(?: what (?:the )?(?:articles|papers|reports) say (?:about|on))?(?: the news (?:on"
            r"|about))?(?P<about>.*)",
        ),
        (Form.SUMMARY, r"^what do (?:the )?(?:articles|papers|reports) say (?:about|on) (?P<about>.*)"),
        (
            Form.STATEMENT,
            rf"^what (?:did|does|do|has|have|had) (?P<speaker>.*?) (?:{_SAYING})\s*(?:about|on|of|to say about)\s+"
            r"(?P<about>.*)",
        ),
        (
            Form.STATEMENT,
            r"^how (?:did|does|has) (?P<speaker>.*?) (?:react|reacted|respond|responded) to (?P<about>.*)",
        ),
    )
)
_CLOSING = re.compile(r"[\s,]*(?:please|give me a summary)?[\s.?!]*$", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"(?P<month>[A-Za-z]+)\.?(?:\s+(?P<year>(?:19|20)\d\d))?", re.IGNORECASE)


def topic_of(question: str, newest: date | None = None) -> Topic | None:
    """Read a question as one for several sentences.

    Args:
        question: a standalone query.
        newest: the day of the newest article, from which "since May" is understood.

    Returns:
        What it asks for; None for any other question.
    """
    for form, pattern in _PATTERNS:
        match = pattern.search(question.strip())
        if match is None:
            continue
        groups = match.groupdict()
        about = _CLOSING.sub("", f"{groups['about'] or ''} {groups.get('rest') or ''}").strip(" ,:")
        scope = EVERYWHERE
        if groups.get("since"):
            since = _since(groups["since"], newest)
            if since is None:
                return None
            scope = Scope(since=since)
        if not about or (form is Form.CHANGE and not stems(about)):
            return None
        return Topic(form, about, (groups.get("speaker") or "").strip(), scope)
    return None


def _since(text: str, newest: date | None) -> date | None:
    """Read "May", "May 2031" or a full date; a bare month is the last one up to the newest article."""
    from qa.question import periods_of

    if periods := periods_of(text):
        return periods[0].since
    match = _MONTH_YEAR.match(text.strip())
    month = month_of(match["month"]) if match else None
    if match is None or month is None:
        return None
    if match["year"]:
        return date(int(match["year"]), month, 1)
    if newest is None:
        return None
    return date(newest.year if month <= newest.month else newest.year - 1, month, 1)


def choose(topic: Topic, ranked: Sequence[Evidence]) -> list[Evidence]:
    """Choose the sentences that answer, in the order of their articles' days.

    Args:
        topic: what is asked for.
        ranked: the sentences of the passages, best first.

    Returns:
        At most ten sentences; empty where none fits.
    """
    best = max((item.score for item in ranked), default=0.0)
    of_article: dict[str, float] = {}
    for item in ranked:
        article = item.passage.article.id
        of_article[article] = max(of_article.get(article, 0.0), item.score)
    known = {article for article, score in of_article.items() if score >= _ARTICLE_SHARE[topic.form] * best}
    fitting = [item for item in ranked if item.passage.article.id in known and _fits(topic, item)]
    if topic.form in (Form.SINCE, Form.SUMMARY, Form.TIMELINE):
        fitting.sort(key=lambda item: -item.score - _LEAD / (1 + item.start / _LEAD_CHARS))
    if not fitting:
        return []
    floor = _SHARE[topic.form] * best
    per_article: Counter[str] = Counter()
    chosen: list[Evidence] = []
    for item in fitting:
        article = item.passage.article.id
        if len(chosen) == _MOST[topic.form]:
            break
        if item.score < floor or per_article[article] >= _PER_ARTICLE[topic.form] or _says_the_same(item, chosen):
            continue
        per_article[article] += 1
        chosen.append(item)
    return sorted(chosen, key=_in_time)


def _in_time(item: Evidence) -> tuple[date, str, int]:
    article = item.passage.article
    day = article.published_at.date() if article.published_at else date.min + timedelta(days=1)
    return day, article.id, item.start


def _says_the_same(item: Evidence, chosen: Sequence[Evidence]) -> bool:
    """Tell whether a chosen sentence has the same words, as a syndicated copy has."""
    words = set(stems(item.text))
    return any(len(words & set(stems(c.text))) > 0.8 * len(words | set(stems(c.text))) for c in chosen)


def _fits(topic: Topic, item: Evidence) -> bool:
    if topic.form is Form.STATEMENT:
        return _speaks(topic.speaker, item) and _on_topic(topic.about, item)
    if topic.form is Form.CHANGE:
        return bool(numbers(item.text)) and bool(set(stems(topic.about)) & set(stems(_with_title(item))))
    return True


def _on_topic(about: str, item: Evidence) -> bool:
    """Tell whether the passage of a sentence has at least half of the words of what is asked about."""
    wanted = set(stems(about))
    return 2 * len(wanted & set(stems(f"{item.passage.article.title} {item.passage.chunk.text}"))) >= len(wanted)


def _with_title(item: Evidence) -> str:
    return f"{item.passage.article.title}\n{item.text}"


def _speaks(speaker: str, item: Evidence) -> bool:
    """Tell whether a sentence gives the words of somebody: by name, or by "she said" right after a name."""
    names = {word.lower() for word in name_words(speaker)} or {stem(word) for word in speaker.split()}
    names -= {"the", "councillor", "mayor", "minister"}
    text = plain_quotes(item.text)
    tokens = parse(text)
    for frame in frames_of(text):
        speakers = [*frame.speakers, *(frame.agents if frame.verb in SPEECH | HEDGING else ())]
        if frame.verb in _VOICING:  # "her talks emphasised" is nobody's word
            speakers += [p for p in frame.agents if not any(tokens[i].dep == "poss" for i in p.inside)]
        if any(names & (p.names | p.words) for p in speakers):
            return True
        if any(p.pronoun for p in speakers) and names & {w.lower() for w in name_words(_before(item))}:
            return True
    return False


def _before(item: Evidence) -> str:
    """Give the text of the passage in front of a sentence, as far as the last two hundred characters."""
    start = max(item.passage.chunk.start, item.start - 200)
    return item.passage.article.text[start : item.start]

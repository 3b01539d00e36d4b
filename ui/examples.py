"""Questions that the articles present answer, made by rule: no model is asked."""

import re
from collections.abc import Iterable, Iterator

from qa.models import Article
from qa.text import sentence_spans, squeeze

_NAME = r"(?:[A-Z][\w'’-]+ (?:[A-Z]\. )?(?:(?:van|de|von|al|bin) )?[A-Z][\w'’-]+)"
_ROLES = (
    "minister secretary president director head chief mayor chairman chairwoman chair judge coach captain "
    "professor author treasurer leader officer spokesman spokeswoman spokesperson economist"
    " lawyer scientist editor founder"
)
# "Jane Doe, the harbour's director, ..."
_APPOSITION = re.compile(
    rf"\b({_NAME}), (?:(?:the|a|an|its|their) )?[^,.;]{{0,40}}\b(?:{_ROLES.replace(' ', '|')})\b"
)
_SPEAKS = re.compile(rf"\b({_NAME}) (?:said|says|told|announced|argued|warned|called|wrote)\b")
_FALSE_NAME = re.compile(
    r"^(?:The|A|An|In|On|At|But|And|For|With|This|That|These|It|He|She|They|We|January|February|March|April|May|June"
    r"|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
    r"|\b(?:List|Council|Party|Ministry|Agency|Court|Line|Trust|Port|Club|Union|Alliance|Storm|Street|Office|Press|City"
    r"|Company|League|Association|Board|Group|Bank|University|Institute|Police|Hospital|States|Kingdom|House|Greens|Times)\b"
)
_NO_REPORT = re.compile(r"^(?:opinion|corrections?|live|interview|analysis)\b", re.IGNORECASE)
_LONGEST_TITLE = 90


def example_questions(articles: Iterable[Article], most: int = 4) -> list[str]:
    """Give questions, one of each article in turn, that its own words answer."""
    asked: dict[str, None] = {}
    for article in articles:
        question = next((q for q in _questions(article) if q not in asked), None)
        if question:
            asked[question] = None
        if len(asked) == most:
            break
    return list(asked)


def _questions(article: Article) -> Iterator[str]:
    for start, end in sentence_spans(article.text):
        sentence = article.text[start:end]
        for pattern, question in ((_SPEAKS, "What did {} say?"), (_APPOSITION, "Who is {}?")):
            match = pattern.search(sentence)
            if match and not _FALSE_NAME.search(match.group(1)):
                yield question.format(match.group(1))
    title = squeeze(article.title).rstrip(".")
    if 0 < len(title) <= _LONGEST_TITLE and not _NO_REPORT.match(title):
        yield f"What is reported about “{title}”?"

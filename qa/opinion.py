"""Opinion pieces: what they say is told as somebody's opinion, never as news."""

import re

from qa.models import Article
from qa.text import squeeze

_KIND = (
    r"(?:opinion|op-?ed|comment|commentary|column|editorial|viewpoint|guest (?:column|essay)"
    r"|letters?(?: to the editor)?)"
)
_TITLE = re.compile(rf"^{_KIND}\s*[:|–—-]|[|–—]\s*{_KIND}$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"/(?:opinions?|comment(?:isfree|ary)?|editorials?|op-?eds?|columnists?|letters)/", re.IGNORECASE
)


def is_opinion(article: Article) -> bool:
    """Tell whether an article is marked as an opinion piece, by its title or its address."""
    return bool(_TITLE.search(squeeze(article.title)) or _ADDRESS.search(article.url))


def opinion_piece(article: Article) -> str:
    """Give what to call an opinion piece: "an opinion piece by Ana Ruiz in Harbour Post"."""
    author = f" by {squeeze(article.author)}" if article.author else ""
    return f"an opinion piece{author}" + (f" in {squeeze(article.source)}" if article.source else "")

"""Sentences, words and stems of English text. Pure functions; offsets are code points."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")
_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_ACRONYM = 4  # letters of the longest acronym that is written with full stops
_POSSESSIVE = re.compile(r"['’]s$|['’]$")

# Words that say how something is asked, not what is asked about.
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are aren't as at be because been before being
    below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down
    during each either few for from further get got had hadn't has hasn't have haven't having he her here hers
    herself him himself his how however i if in into is isn't it its itself just let like may me might more
    most much must my myself no nor not now of off on once one only or other ought our ours ourselves out over
    own per same shall she should shouldn't since so some such than that the their theirs them themselves then
    there these they this those through to too under until up upon us very was wasn't we were weren't what
    when where whether which while who whom whose why will with won't would wouldn't yes yet you your yours
    tell say says said according article articles news please many
    """.split()
)

_PRONOUNS = frozenset("he she it they this that these those his her its their him them here there such".split())


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Give the (start, end) of each sentence, without the white space around it.

    Splitting is sentencex's, which knows abbreviations ("the U.S. Senate", "3 p.m.").
    """
    import sentencex

    spans = []
    for boundary in sentencex.get_sentence_boundaries("en", text):
        start, end = boundary["start_index"], boundary["end_index"]
        raw = text[start:end]
        stripped = raw.strip()
        if stripped:
            start += len(raw) - len(raw.lstrip())
            spans.append((start, start + len(stripped)))
    return spans


def words(text: str) -> list[str]:
    """Give the words of a text in order, as written, without possessive endings."""
    return [_POSSESSIVE.sub("", match.group()) for match in _WORD.finditer(text)]


def content_words(text: str) -> list[str]:
    """Give the words that carry meaning, as written, in order; "US" is one, "us" is not."""
    return [w for w in words(text) if w.lower() not in STOP_WORDS or _is_acronym(w)]


def acronym_forms(word: str) -> list[str]:
    """Give the spellings under which an acronym may stand in a text: "U.S." and "US"; none for other words."""
    letters = word.replace(".", "")
    return [letters, ".".join(letters)] if _is_acronym(word) and len(letters) <= _ACRONYM else []


def stem(word: str) -> str:
    """Reduce a word to its stem, lower case, without accents (as SQLite's FTS5 does); not empty for a word."""
    plain = _without_accents(word.replace(".", "").lower())
    return _stem(plain) or plain  # the stemmer leaves nothing of a lone "s"


def stems(text: str) -> list[str]:
    """Give the stems of the content words of a text, in order."""
    return [stem(word) for word in content_words(text)]


def leans_on_previous(sentence: str) -> bool:
    """Tell whether a sentence begins with a word that points at the one before it ("This marked ...")."""
    first = next(iter(words(sentence)), "").lower()
    return first in _PRONOUNS


def plain_quotes(text: str) -> str:
    """Replace typographic quotation marks and apostrophes by the typewriter's."""
    return text.translate(str.maketrans("“”„‟«»‘’‚‛", '""""""\'\'\'\''))


def squeeze(text: str) -> str:
    """Replace every run of white space by one space."""
    return " ".join(text.split())


def _is_acronym(word: str) -> bool:
    letters = word.replace(".", "")
    return len(letters) > 1 and letters.isupper() and letters.isalpha()


def _without_accents(word: str) -> str:
    """Give a word as people type it who have no such keys: "Gaviao" for "Gavião"."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) or word


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]  # noqa: ANN202  the library has no types
    import snowballstemmer

    return snowballstemmer.stemmer("porter")


def capitalised(text: str) -> str:
    """Give a text with a capital at its start."""
    return text.strip()[:1].upper() + text.strip()[1:]


def without_markers(text: str) -> str:
    """Give a text without markers of citations: "[1]", "[1, 2]"."""
    return _MARKER.sub("", text)

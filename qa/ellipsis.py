"""What a follow-up leaves out, put in from the turn before it by the grammar of both.

"And the tunnel?", "By when?", "Who said that?", "Why has it gone up?", "Who scored first?": by rule, for where the
language model repeats the question before or answers it. Each rule takes a follow-up of one form.
"""

import re
from collections.abc import Callable, Sequence

from qa.claims import name_words, quotations
from qa.models import Turn
from qa.rewrite import TURNS_TO, leans_on_history, points_back
from qa.statement import answer_as_statement, statement_of
from qa.syntax import Token, parse, subtree, written
from qa.text import content_words, squeeze, words

_JOINING = re.compile(r"^\W*(?:and|but|so|also|or|ok(?:ay)?,?)\s+", re.IGNORECASE)
_INSTEAD = re.compile(
    r"^(?:(?:what|how) about|(?P<asks>how many|how much|what|who|when|where) (?:is|was|are|were|had) "
    r"(?:it|that|they|this)(?: been)?)\s+",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    r"^(?:who\s+(?:said|says|wrote|put it|called it)(?:\s+(?:so|that|this|it|like that))?"
    r"|whose\s+(?:words|phrase|comparison|view)\s+(?:is|was|are|were)\s+(?:it|that|this|those|these))\W*$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?P<before>(?:(?:by|since|until|till|from|for|to|with|at|in|on)\s+)?"
    r"(?:when|where|why|how(?: long| soon)?|whom?|what|which \w+))"
    r"(?:\s+(?P<after>for|with|to|by|from|about))?\W*$",
    re.IGNORECASE,
)
YEAR_BEFORE = re.compile(
    r"\b(?:in )?(?:last year|the (?:previous|preceding) year|(?:the|a) year (?:before|earlier))(?: that)?\W*$",
    re.IGNORECASE,
)
YEAR = re.compile(r"\b(?:1[5-9]|2[01])\d\d\b")
_ASKING = frozenset("who whom whose which what when where why how".split())
_ASKS_NAME = re.compile(r"^\W*(?:(?:in|at|to|for|by|on|from|with)\s+)?which\b", re.IGNORECASE)
_ASKS_SOMEBODY = re.compile(r"^\W*(?:(?:in|at|to|for|by|on|from|with)\s+)?(?:who|whom|whose)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|they|them|he|she|him)\b|\b(?:its|their)\b", re.IGNORECASE)
_OF_PERSONS = frozenset("he she him".split())
_POSSESSIVE = frozenset("its their".split())
_NAME = re.compile(r"\b[A-Z][\w'’-]*(?: (?:& |of |the )?[A-Z][\w'’-]*)*")
_TIMES = frozenset(("DATE", "TIME"))
_ENOUGH_WORDS = 3  # content words with which a question that names something stands for itself
_LONGEST_ANSWER = 8  # words that can stand for a bare answer
_SUBJECTS = frozenset(("nsubj", "nsubjpass"))


def completed(question: str, last: Turn) -> str | None:
    """Put what a follow-up leaves out.

    Args:
        question: the follow-up, as typed.
        last: the turn before, without markers.

    Returns:
        A question, not always as one would write it; None where no rule fits.
    """
    plain = _JOINING.sub("", squeeze(question)).rstrip("?!. ")
    for rule in _RULES:
        if put := rule(plain, last):
            whole = squeeze(put).rstrip("?!. ,")
            return f"{whole[:1].upper()}{whole[1:]}?"
    return None


# The rules: each takes a follow-up without its "And" and its question mark, and the turn before.


def _turned_to(plain: str, last: Turn) -> str:
    """Put in what a follow-up turns to: "Back to Brask: how many did they sell?"."""
    match = TURNS_TO.match(plain)
    if match is None:
        return ""
    return _with_name(match["rest"], match["what"].strip()) if _PRONOUN.search(match["rest"]) else match["rest"]


def _who_said(plain: str, last: Turn) -> str:
    said = quotations(last.answer) if _WHO_SAID.match(plain) else []
    return f'who said "{said[0].strip(" ,.")}"' if said else ""


def _bare(plain: str, last: Turn) -> str:
    """Ask with a question word alone for more of what the turn before says: "By when?"."""
    match = _BARE.match(plain)
    clause = _asked_on(last) if match is not None else ""
    return f"{match['before']} {clause} {match['after'] or ''}" if match is not None and clause else ""


def _instead(plain: str, last: Turn) -> str:
    """Ask the question before with another thing, place or time in it: "What about the tunnel?"."""
    match = _INSTEAD.match(plain)
    rest = plain[match.end() :] if match is not None else plain
    if match is not None and match["asks"] and not last.question.lower().startswith(match["asks"].lower()):
        return ""
    asked = last.question.rstrip("?!. ")
    if YEAR_BEFORE.match(rest):
        years = YEAR.findall(asked)
        return asked.replace(years[-1], str(int(years[-1]) - 1)) if years else ""
    if not rest or _is_clause(rest) or any(t.lower in _ASKING for t in parse(rest)):
        return ""
    for part in rest.split(", "):
        asked = _replaced(asked, part) if asked else ""
    return asked if asked.split()[:1] == last.question.split()[:1] else ""


def _by_itself(plain: str, last: Turn) -> str:
    """Take a follow-up without its "And" where it names what it is about."""
    enough = len(content_words(plain)) >= _ENOUGH_WORDS and name_words(plain)
    return plain if enough and _is_clause(plain) and not leans_on_history(plain) else ""


def _about_it(plain: str, last: Turn) -> str:
    """Put in what "it" stands for: what was asked for by name, else the subject of the question before."""
    match = _PRONOUN.search(plain)
    if match is None or match[0].lower() in _OF_PERSONS or not _is_clause(plain) or _INSTEAD.match(plain):
        return ""
    if _ASKS_SOMEBODY.match(last.question):
        return ""  # "Who set it up?" and "What has it cost?"
    if _ASKS_NAME.match(last.question):
        known = {word.lower() for word in words(last.question)}
        named = [
            n for n in _NAME.findall(last.answer) if name_words(n) and not known & {w.lower() for w in words(n)}
        ]
        return _with_name(plain, named[0]) if named else ""
    subject = _subject_of(last.question)
    return _with_name(plain, subject) if subject else ""


def _in_its_setting(plain: str, last: Turn) -> str:
    """Put the places and days of the question before behind one that names nothing: "Who scored first?"."""
    own = parse(plain)
    if (
        name_words(plain)
        or points_back(plain)
        or not any(t.lower in _ASKING for t in own)
        or not _is_clause(plain)
    ):
        return ""
    tokens = parse(last.question)
    known = {t.lemma for t in own if t.pos in ("NOUN", "PROPN")}
    phrases = [_sorted(tokens, t.index) for t in tokens if t.dep == "prep"]
    setting = [
        inside
        for inside in phrases
        if any(tokens[i].pos == "PROPN" or tokens[i].entity in _TIMES for i in inside)
        and not known & {tokens[i].lemma for i in inside}
    ]
    added = [written([tokens[i] for i in inside]) for inside in _outermost(setting)]
    return f"{plain} {' '.join(added)}" if added else ""


_RULES: tuple[Callable[[str, Turn], str], ...] = (
    _turned_to,
    _who_said,
    _bare,
    _instead,
    _by_itself,
    _about_it,
    _in_its_setting,
)


# Grammar


def _is_clause(text: str) -> bool:
    return any(t.tag.startswith("VB") or t.tag == "MD" for t in parse(text))


def _with_name(text: str, name: str) -> str:
    """Put a name in place of the first pronoun of a text."""
    match = _PRONOUN.search(text)
    if match is None:
        return text
    own = "'s" if match[0].lower() in _POSSESSIVE else ""
    return f"{text[: match.start()]}{name}{own}{text[match.end() :]}"


def _subject_of(question: str) -> str:
    """Give the subject of a question as written; "" where it is the question word or a pronoun."""
    tokens = parse(question)
    for token in tokens:
        inside = _sorted(tokens, token.index)
        asked = any(tokens[i].lower in _ASKING for i in inside)
        if token.dep in _SUBJECTS and token.pos in ("NOUN", "PROPN") and not asked:
            below = {
                i
                for t in tokens
                if t.head == token.index and t.dep in ("acl", "relcl")
                for i in subtree(tokens, t.index)
            }
            return written([tokens[i] for i in inside if i not in below])
    return ""


def _asked_on(last: Turn) -> str:
    """Put what a turn says as the rest of a question: "will the city build 120 flats" for "By when ...?"."""
    short = last.answer.strip().rstrip(".")
    said = statement_of(last.question)
    if not said and len(short.split()) <= _LONGEST_ANSWER and not _is_clause(short):
        said = answer_as_statement(last.question, _lower_first(parse(short)))
    tokens = parse(said.rstrip(".")) if said else ()
    root = next((t for t in tokens if t.dep == "ROOT"), None)
    if root is None:
        return ""
    auxiliary = next((t for t in tokens if t.head == root.index and t.dep in ("aux", "auxpass")), None)
    subject = next((t for t in tokens if t.head == root.index and t.dep in _SUBJECTS), None)
    if auxiliary is None and root.pos == "AUX":
        auxiliary = root
    if subject is None or (auxiliary is None and root.tag != "VBD"):
        return ""
    if auxiliary is None:  # "the board sold the yard": did the board sell the yard
        after = f"{root.lemma} {written(tokens[root.index + 1 :])}"
        return f"did {_lower_first(tokens[: root.index])} {after}"
    rest = [*tokens[: auxiliary.index], *tokens[auxiliary.index + 1 :]]
    return f"{auxiliary.text} {_lower_first(rest)}"


def _lower_first(tokens: Sequence[Token]) -> str:
    """Give words of a sentence as they stand inside one."""
    text = written(tokens)
    return text if not tokens or tokens[0].pos == "PROPN" else f"{text[:1].lower()}{text[1:]}"


def _replaced(asked: str, part: str) -> str:
    """Put a phrase into a question for the phrase of its kind; "" where there is none."""
    tokens, new = parse(asked), parse(part)
    if new[0].tag in ("IN", "TO"):
        added = f"{asked} {part}" if name_words(part) or any(t.entity in _TIMES for t in new) else ""
        return _with_phrase(tokens, _preposition_like(tokens, new), part) or added
    head = next((t for t in new if t.dep == "ROOT"), new[-1])
    if head.lower in ("one", "ones"):  # "a 40-foot one", after "a 20-foot container"
        like = next(
            (t for t in tokens if t.pos == "NOUN" and t.dep != "compound" and _has_like(tokens, t, new)), None
        )
        whole = written(new[: head.index]) + f" {like.text}" if like is not None else ""
        return _with_phrase(tokens, _noun_phrase(tokens, like), whole) if like is not None else ""
    same = next((t for t in tokens if t.lemma == head.lemma and t.pos == "NOUN" and t.tag != "WP"), None)
    if same is not None:
        return _with_phrase(tokens, _noun_phrase(tokens, same), part)
    if name_words(f"x {part}") and not any(t.pos == "DET" for t in new):
        return _with_phrase(tokens, _first_name(tokens), part)
    subject = _subject_of(asked)
    return asked.replace(subject, part, 1) if subject else ""


def _preposition_like(tokens: Sequence[Token], new: Sequence[Token]) -> list[int]:
    """Find the phrase with the preposition of another, or that is a time as it is."""
    timed = any(t.entity in _TIMES for t in new)
    phrases = [_sorted(tokens, t.index) for t in tokens if t.dep == "prep"]
    alike = [p for p in phrases if any(tokens[i].entity in _TIMES for i in p[1:3]) == timed]
    same = [p for p in alike if tokens[p[0]].lower == new[0].lower]
    return next(iter(same or (alike if timed else [])), [])


def _has_like(tokens: Sequence[Token], noun: Token, new: Sequence[Token]) -> bool:
    """Tell whether a noun has something before it of the kind that another has: a figure, an adjective."""
    kinds = {t.pos for t in new if t.pos in ("NUM", "ADJ") and t.lower not in ("one", "ones")}
    return bool(kinds & {tokens[i].pos for i in _noun_phrase(tokens, noun)})


def _noun_phrase(tokens: Sequence[Token], noun: Token) -> list[int]:
    """Give a noun with what stands before it that belongs to it."""
    inside = [i for i in _sorted(tokens, noun.index) if i <= noun.index]
    return [] if any(tokens[i].lower in _ASKING for i in inside) else inside


def _first_name(tokens: Sequence[Token]) -> list[int]:
    """Find the first name of a question that is no day: its words in a row."""
    found: list[int] = []
    for token in tokens:
        named = token.pos == "PROPN" and token.entity not in _TIMES and token.text[:1].isupper()
        if named and (not found or found[-1] == token.index - 1):
            found.append(token.index)
        elif found:
            break
    return found


def _with_phrase(tokens: Sequence[Token], old: Sequence[int], new: str) -> str:
    if not old:
        return ""
    return f"{written(tokens[: old[0]])} {new} {written(tokens[old[-1] + 1 :])}"


def _sorted(tokens: Sequence[Token], top: int) -> list[int]:
    return sorted(subtree(tokens, top))


def _outermost(phrases: Sequence[list[int]]) -> list[list[int]]:
    """Leave out phrases inside others."""
    return [p for p in phrases if not any(set(p) < set(other) for other in phrases)]

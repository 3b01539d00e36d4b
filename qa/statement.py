"""Questions as the statements that they ask about, with the answer put in.

"Did the board raise its bid?" asks whether the board did raise its bid, and "How many boats did the storm sink?",
answered with "nine", says that the storm did sink nine boats. A model or a rule can then tell whether the articles
bear out just that; a sentence that keeps to the articles' words may be true and answer another question (after
QA2D, Demszky, Guu and Liang, arXiv 1809.02922).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from qa.syntax import Token, parse, subtree, written

ASKING = frozenset("who whom whose which what when where why how".split())
_BE = frozenset("is are was were".split())
_HAVE = frozenset("has have had".split())
_DO = frozenset("do does did".split())
_AUXILIARIES = _BE | _HAVE | _DO | frozenset("can could will would should shall may might must".split())
_SUBJECTS = frozenset("nsubj nsubjpass expl".split())
_JOINING = frozenset("and but so or".split())
_AFTER_BE = frozenset("attr acomp prep advmod npadvmod oprd".split())
_CALLING = frozenset("call name dub term label consider describe rename title".split())
_MEASURING = frozenset("cost take".split())  # "What did it cost to build?" lacks what it did cost
_LINKS = {"when": "", "where": "in", "why": "because", "how": ""}  # between a statement and what it lacks
_MANNERS = frozenset("by through with via in on as".split())
_DANGLING = ("IN", "RP", "TO")
_MOST_WORDS = 30  # of a subject
_LONGEST = 80  # words and signs of a question
_NOT = re.compile(r"n['’]t\b|\bnot\b", re.IGNORECASE)
_MOST_BEFORE = 2  # words before a question word that belong to it: "In which year"


@lru_cache(maxsize=256)
def statement_of(question: str) -> str:
    """Put the verb that opens a question behind its subject.

    Args:
        question: "Is the target 5%?"

    Returns:
        "The target is 5%."; "" for questions of another form, and where no place makes a sentence.
    """
    tokens = _first_sentence(question)
    first = 1 if tokens and tokens[0].lower in _JOINING else 0
    if len(tokens) <= first or tokens[first].lower not in _AUXILIARIES:
        return ""
    if _is_negated(tokens, first):  # "Didn't they sell it?" asks whether they did
        return statement_of(_NOT.sub("", question, count=1))
    return _sentence(_stated(tokens[first:]))


@lru_cache(maxsize=256)
def answer_as_statement(question: str, short: str) -> str:
    """Put a bare answer into its question.

    Args:
        question: with one question word.
        short: the bare answer.

    Returns:
        The statement, not always as one would write it; "" for a question of another form.
    """
    tokens = _first_sentence(question)
    asking = next((t.index for t in tokens if t.lower in ASKING), None)
    if asking is None or not short.strip(" .") or _is_of_another_form(tokens, asking):
        return ""
    verb = next((t.index for t in tokens[asking + 1 :] if _is_verb(t)), None)
    if verb is None or _is_negated(tokens, verb):
        return ""
    filled = _filled(tokens[asking:verb], short.strip(" ."))
    before = written(tokens[1 if tokens[0].lower in _JOINING else 0 : asking])
    if _asks_for_subject(tokens, asking, verb):
        return _sentence(f"{before} {filled} {written(tokens[verb:])}")
    if tokens[verb].lower in _BE and tokens[verb].dep == "ROOT" and not before:
        return _sentence(f"{written(tokens[verb + 1 :]).rstrip('?')} {tokens[verb].lower} {_linked('', filled)}")
    plain = _stated(tokens[verb:])
    if not plain:
        return ""
    if tokens[asking].lower in _LINKS and verb == asking + 1:
        if tokens[asking].lower == "how" and filled.split()[0].lower() not in _MANNERS:
            return ""
        dangling = parse(plain)[-1].tag in _DANGLING
        return _sentence(f"{plain} {_linked('' if dangling else before or _LINKS[tokens[asking].lower], filled)}")
    if before and len(before.split()) <= _MOST_BEFORE:
        return _sentence(f"{plain} {before.lower()} {filled}")
    return _sentence(_with_object(plain, filled, before))


def premise_of(question: str) -> str:
    """Give what a question takes for granted: "Why did the board sell the yard?", the board did sell the yard.

    Returns:
        "" but for questions for a reason, a time, a place or a manner, which need no object to be true.
    """
    tokens = _first_sentence(question)
    asking = next((t.index for t in tokens if t.lower in _LINKS), None)
    if asking is None or _is_of_another_form(tokens, asking) or asking + 1 >= len(tokens):
        return ""
    plain = tokens[asking + 1].lower in _AUXILIARIES and not _is_negated(tokens, asking + 1)
    return _sentence(_stated(tokens[asking + 1 :])) if plain else ""


def _is_of_another_form(tokens: Sequence[Token], asking: int) -> bool:
    """Tell whether a question offers answers, or its question word opens another clause than the main one."""
    offers = any(t.lower == "or" or t.text == ":" for t in tokens)
    opens = asking == 0 or tokens[asking - 1].tag in ("IN", "CC", ",") or tokens[asking - 1].lower == "to"
    return offers or not opens or tokens[0].lower in _AUXILIARIES


def _first_sentence(text: str) -> list[Token]:
    """Give the first sentence of a question; nothing of one that is too long to be a question."""
    found = [token for token in parse(text) if token.sentence == 0]
    return found if len(found) <= _LONGEST else []


def _is_negated(tokens: Sequence[Token], verb: int) -> bool:
    return verb + 1 < len(tokens) and tokens[verb + 1].lower in ("n't", "not")


def _sentence(text: str) -> str:
    flat = " ".join(text.rstrip("?. ").split())
    return f"{flat[:1].upper()}{flat[1:]}." if flat else ""


# The verb behind its subject


def _stated(tokens: Sequence[Token]) -> str:
    """Put the first of some words, an auxiliary, behind its subject; "" where that is not found.

    A small parser often takes the subject of a question for longer or shorter than it is. So unless the result is
    a sentence whose subject ends there, the verb is put behind one word after the other until it is; else the
    parser is believed.
    """
    start = tokens[0].index
    ends = [n for n in range(2, min(len(tokens), _MOST_WORDS)) if _may_end(tokens, n - 1)]
    put = {end: text for end in ends if (text := _put_behind(tokens, end))}
    own = _end_as_parsed(tokens)
    if own in put and (_has_verb(parse(put[own]), own - 1) or _is_something(parse(put[own]), own - 1)):
        return put[own]
    for fits in (_has_verb, _is_something):
        for end, text in put.items():
            if fits(parse(text), end - 1):
                return text
    if tokens[0].lower in _DO:  # "how many did it record": a verb without its object is taken for a noun
        for end, text in put.items():
            if _has_verb(parse(_put_behind(tokens, end, "it")), end - 1):
                return text
    verb = tokens[0].head - start
    if 1 < verb < len(tokens) and tokens[verb].pos == "VERB":
        end = max(n for n in range(1, verb + 1) if n == 1 or tokens[n - 1].pos not in ("ADV", "AUX", "PART"))
        return _put_behind(tokens, end) if end > 1 else ""
    return ""


def _end_as_parsed(tokens: Sequence[Token]) -> int:
    """Give where the subject ends as the parser sees it, counted from the first word; 0 where it sees none."""
    start = tokens[0].index
    heads = (start, tokens[0].head)
    subject = next((t for t in tokens[1:] if t.dep in (*_SUBJECTS, "attr") and t.head in heads), None)
    if subject is None:
        return 0
    inside = {n - start for n in subtree(tokens, subject.index)}
    end = max(inside) + 1
    return end if inside == set(range(1, end)) else 0


def _may_end(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a phrase may end with a word: not inside a name."""
    token, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
    capitals = following is not None and token.text[:1].isupper() and following.text[:1].isupper()
    inside = capitals or (following is not None and following.tag == "POS")
    return token.pos in ("NOUN", "PROPN", "PRON", "NUM") and not inside


def _put_behind(tokens: Sequence[Token], end: int, filler: str = "") -> str:
    """Put the first of some words behind those before an index, and a filler behind the next one."""
    subject, rest = written(tokens[1:end]), written(tokens[end:]).rstrip("?. ")
    if filler:
        rest = f"{written(tokens[end : end + 1])} {filler} {written(tokens[end + 1 :])}".rstrip("?. ")
    return f"{subject} {tokens[0].lower} {rest}" if rest else ""


def _has_verb(statement: Sequence[Token], at: int) -> bool:
    """Tell whether the word at an index is the auxiliary of the next verb, whose subject is all before it."""
    if at >= len(statement):
        return False
    auxiliary = statement[at]
    verb = next((t for t in statement[at + 1 :] if t.pos not in ("ADV", "AUX", "PART")), None)
    if verb is None or auxiliary.head != verb.index or verb.dep != "ROOT":
        return False
    tags = ("VBN", "VBG") if auxiliary.lower in _BE else ("VBN",) if auxiliary.lower in _HAVE else ("VB",)
    return verb.tag in tags and _subject_ends(statement, at, verb.index)


def _is_something(statement: Sequence[Token], at: int) -> bool:
    """Tell whether the word at an index is a sentence's verb, with something after it that its subject is."""
    if at >= len(statement) - 1 or statement[at].lower not in _BE or statement[at].dep != "ROOT":
        return False
    said = any(t.dep in _AFTER_BE for t in statement[at + 1 :] if t.head == at)
    return said and _subject_ends(statement, at, at)


def _subject_ends(statement: Sequence[Token], at: int, verb: int) -> bool:
    """Tell whether all before an index, and nothing after it, is the subject of a verb."""
    subject = next((t for t in statement[:at] if t.dep in _SUBJECTS and t.head == verb), None)
    return subject is not None and subtree(statement, subject.index) == set(range(at))


# The answer in place of the question word


def _is_verb(token: Token) -> bool:
    return token.lower in _DO or (token.pos in ("AUX", "VERB") and token.dep not in ("amod", "compound"))


def _filled(phrase: Sequence[Token], short: str) -> str:
    """Give the phrase of a question word with the answer in its place: "how many boats", "nine": nine boats."""
    first = phrase[0].lower
    if first == "whose" and len(phrase) > 1:
        return f"{short}'s {written(phrase[1:])}"
    if first == "how":
        after = phrase[2 if len(phrase) > 1 and phrase[1].lower in ("many", "much") else 1 :]
    else:  # "what share of the votes": of the votes
        after = phrase[next((n for n, t in enumerate(phrase) if t.tag == "IN"), len(phrase)) :]
    said = {word.lower() for word in short.split()}
    return f"{short} {written(after)}" if after and not said & {t.lower for t in after} else short


def _linked(link: str, filled: str) -> str:
    first = filled.lower().split()[:1]
    return filled if link and first == link.lower().split()[:1] else f"{link.lower()} {filled}"


def _asks_for_subject(tokens: Sequence[Token], asking: int, verb: int) -> bool:
    """Tell whether the question word is the subject: "Who was given ...?", "Which airline bought ...?"."""
    if tokens[verb].lower in _DO:
        return False
    if tokens[verb].lower not in _AUXILIARIES:
        return True
    following = next((t for t in tokens[verb + 1 :] if t.pos not in ("ADV", "PART")), None)
    if following is None or _is_verb(following):
        return True
    inside = range(asking, verb)
    return tokens[verb].lower in _HAVE and any(t.dep == "nsubj" and t.index in inside for t in tokens)


def _with_object(statement: str, filled: str, before: str) -> str:
    """Put an answer where a statement lacks its object: behind the verb, or at the end."""
    tokens = parse(statement)
    root = next((t for t in tokens if t.dep == "ROOT"), None)
    if root is not None and root.lower in _DO and root.index + 1 < len(tokens):
        root = tokens[root.index + 1]
    if root is None or root.pos == "AUX" or root.lemma in _CALLING or tokens[-1].tag in _DANGLING:
        return f"{statement} {before.lower()} {filled}"
    following = tokens[root.index + 1] if root.index + 1 < len(tokens) else None
    clause = any(t.dep in ("ccomp", "xcomp") and t.head == root.index for t in tokens)
    if clause and root.lemma not in _MEASURING and following is not None and not _is_verb(following):
        return f"{statement} {filled}"
    return f"{written(tokens[: root.index + 1])} {filled} {written(tokens[root.index + 1 :])}"

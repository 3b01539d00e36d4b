"""What a follow-up leaves out, put in from the turn before it by the grammar of both.

"And the tunnel?", "By when?", "Who said that?", "Why has it gone up?", "Who scored first?": by rule, for where the
language model repeats the question before or answers it. Each rule takes a follow-up of one form.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from qa.answers import ABSTENTION
from qa.claims import name_words, quotations
from qa.differing import REPORT_DIFFERS
from qa.models import Turn
from qa.newstime import MONTHS
from qa.rewrite import TURNS_TO, leans_on_history, points_back
from qa.statement import ASKING, answer_as_statement, statement_of
from qa.syntax import Token, parse, subtree, written
from qa.text import content_words, squeeze

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
_WHAT_IS = re.compile(r"^(?:what|how (?:much|many|high|long))\s+(?:is|was|are|were)\b", re.IGNORECASE)
_PREPOSITION = "by|since|until|till|from|for|to|with|at|in|on"
_BARE = re.compile(
    rf"^(?P<before>(?:(?:{_PREPOSITION})\s+)?(?:when|where|why|how(?: long| soon)?)"
    rf"|(?:{_PREPOSITION})\s+(?:whom|who|what|which \w+)|(?:what|whom?)(?=\s+\w+\W*$))"
    r"(?:\s+(?P<after>for|with|to|by|from))?\W*$",
    re.IGNORECASE,
)
# "How much does he want?", of a figure that was asked for: how such a verb takes it.
_WISHED = re.compile(
    r"^(?:how (?:much|many|high|long)|what)\s+(?:does|did|do|would|will)\s+.*?\s"
    r"(?:(?P<be>want|expect|like|need|prefer)|(?P<as>propose|suggest|demand|recommend|offer|seek|request))\W*$",
    re.IGNORECASE,
)
YEAR_BEFORE = re.compile(
    r"\b(?:in )?(?:the (?:previous|preceding) year|(?:the|a) year (?:before|earlier))(?: that)?\W*$", re.IGNORECASE
)
YEAR = re.compile(
    rf"\b(?:in|of|for|since|during|from|by|{'|'.join(MONTHS)}) ((?:1[5-9]|2[01])\d\d)\b", re.IGNORECASE
)
# An answer that says nothing of what was asked, or with the word of others behind it.
_NO_ANSWER = re.compile(rf"^(?:no\b|{re.escape(ABSTENTION.rstrip('.'))})", re.IGNORECASE)
_YES_OR_NO = re.compile(r"^(?:yes|no)\b", re.IGNORECASE)
_OTHERS_SAY = re.compile(rf"\s(?:An earlier|A later|Another) {REPORT_DIFFERS}.*$", re.DOTALL)
_ASKS_SOMEBODY = re.compile(r"^\W*(?:(?:in|at|to|for|by|on|from|with)\s+)?(?:who|whom|whose)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|they|them|he|she|him)\b|\b(?:its|their)\b", re.IGNORECASE)
_OF_PERSONS = frozenset("he she him".split())
_POSSESSIVE = frozenset("its their".split())
_TIMES = frozenset(("DATE", "TIME"))
_ENOUGH_WORDS = 3  # content words with which a question that names something stands for itself
_LONGEST_ANSWER = 8  # words that can stand for a bare answer
_LONGEST_SENTENCE = 25  # words of an answer that is a sentence
_FEWEST_QUOTED = 3  # words of somebody's that are told from a name in quotation marks
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
    before = replace(last, answer=_OTHERS_SAY.sub("", last.answer))
    turned = TURNS_TO.match(plain)
    joined = plain != squeeze(question).rstrip("?!. ") or _INSTEAD.match(plain)
    if not plain or (turned is not None and not _PRONOUN.search(turned["rest"])):
        return None
    if not joined and not _is_clause(plain) and not _BARE.match(plain):
        return None  # "Thanks."
    for rule in _RULES:
        if put := rule(plain, before):
            whole = squeeze(put).rstrip("?!. ,")
            return f"{whole[:1].upper()}{whole[1:]}?"
    return None


# The rules: each takes a follow-up without its "And" and its question mark, and the turn before.


def _turned_to(plain: str, last: Turn) -> str:
    """Put in what a follow-up turns to: "Back to Brask: how many did they sell?"."""
    match = TURNS_TO.match(plain)
    return _with_name(match["rest"], match["what"].strip()) if match is not None else ""


def _who_said(plain: str, last: Turn) -> str:
    """Put in the words that an answer quotes; a yes or no quotes articles, not somebody."""
    if not _WHO_SAID.match(plain) or _YES_OR_NO.match(last.answer):
        return ""
    said = next((each.strip(" ,.") for each in quotations(last.answer)), "")
    return f'who said "{said}"' if len(said.split()) >= _FEWEST_QUOTED else ""


def _bare(plain: str, last: Turn) -> str:
    """Ask with a question word alone for more of what the turn before says: "By when?"."""
    match = _BARE.match(plain)
    clause = _asked_on(last) if match is not None else ""
    return f"{match['before']} {clause} {match['after'] or ''}" if match is not None and clause else ""


def _wished(plain: str, last: Turn) -> str:
    """Put in what somebody wants, where the question before asks what that is: "And how much does he want?"."""
    match = _WISHED.match(plain)
    subject, others = _subject_of(last.question)
    if match is None or not subject or others or not _WHAT_IS.match(last.question):
        return ""
    return f"{plain} {subject} to be" if match["be"] else f"{plain} as {subject}"


def _instead(plain: str, last: Turn) -> str:
    """Ask the question before with another thing, place or time in it: "What about the tunnel?"."""
    match = _INSTEAD.match(plain)
    rest = plain[match.end() :] if match is not None else plain
    if match is not None and match["asks"] and not last.question.lower().startswith(match["asks"].lower()):
        return ""
    asked = last.question.rstrip("?!. ")
    if YEAR_BEFORE.match(rest):
        year = next(reversed(list(YEAR.finditer(asked))), None)
        return f"{asked[: year.start(1)]}{int(year[1]) - 1}{asked[year.end(1) :]}" if year is not None else ""
    if not rest or _is_clause(rest) or any(t.lower in ASKING for t in parse(rest)):
        return ""
    for part in filter(None, (each.strip(" ,") for each in rest.split(","))):
        asked = _replaced(asked, part) if asked else ""
    return asked if asked.split()[:1] == last.question.split()[:1] else ""


def _by_itself(plain: str, last: Turn) -> str:
    """Take a follow-up without its "And" where it names what it is about."""
    enough = len(content_words(plain)) >= _ENOUGH_WORDS and name_words(plain)
    return plain if enough and _is_clause(plain) and not leans_on_history(plain) else ""


def _about_it(plain: str, last: Turn) -> str:
    """Put in what "it" stands for, where the question before is about one thing alone: its subject."""
    match = _PRONOUN.search(plain)
    if match is None or match[0].lower() in _OF_PERSONS or not _is_clause(plain) or _INSTEAD.match(plain):
        return ""
    if name_words(plain) or _ASKS_SOMEBODY.match(last.question):
        return ""  # "Who set it up?" and "What has it cost?"
    subject, others = _subject_of(last.question)
    return _with_name(plain, subject) if subject and not others else ""


def _in_its_setting(plain: str, last: Turn) -> str:
    """Put the places and days of the question before behind one that names nothing: "Who scored first?"."""
    own = parse(plain)
    if (
        name_words(plain)
        or points_back(plain)
        or not any(t.lower in ASKING for t in own)
        or not any(t.tag == "VBD" for t in own)
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
    _wished,
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


def _subject_of(question: str) -> tuple[str, bool]:
    """Give the subject of a question as written, and whether it speaks of other things than that, but for days.

    The subject is "" where it is the question word or a pronoun.
    """
    tokens = parse(question)
    for token in tokens:
        inside = _sorted(tokens, token.index)
        asked = any(tokens[i].lower in ASKING for i in inside)
        if token.dep in _SUBJECTS and token.pos in ("NOUN", "PROPN") and not asked:
            described = {
                i
                for t in tokens
                if t.head == token.index and t.dep in ("acl", "relcl")
                for i in subtree(tokens, t.index)
            }
            subject = [i for i in inside if i not in described]
            others = [t for t in tokens if t.index not in subject and t.pos in ("NOUN", "PROPN")]
            return written([tokens[i] for i in subject]), any(t.entity not in _TIMES for t in others)
    return "", False


def _asked_on(last: Turn) -> str:
    """Put what a turn says as the rest of a question: "will the city build 120 flats" for "By when ...?"."""
    short = last.answer.strip().rstrip(".")
    if _NO_ANSWER.match(short):
        return ""
    said = statement_of(last.question)
    if not said and _is_clause(short):
        one = len(short.split()) <= _LONGEST_SENTENCE and ". " not in short and not quotations(short)
        said = short if one and not points_back(short) else ""
    elif not said and len(short.split()) <= _LONGEST_ANSWER:
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
        if like is None:
            return ""
        return _with_phrase(tokens, _noun_phrase(tokens, like), f"{written(new[: head.index])} {like.text}")
    same = next((t for t in tokens if t.lemma == head.lemma and t.pos == "NOUN"), None)
    if same is not None:
        return _with_phrase(tokens, _noun_phrase(tokens, same), part)
    if any(token.entity in _TIMES for token in new):  # "And last year?"
        return _with_phrase(tokens, _preposition_like(tokens, [new[0], *new]), part) or f"{asked} {part}"
    if head.pos not in ("NOUN", "PROPN"):
        return ""
    if name_words(f"x {part}") and not any(t.pos == "DET" for t in new):
        return _with_phrase(tokens, _name_like(tokens, head.entity), part)
    subject, _ = _subject_of(asked)
    return asked.replace(subject, part, 1) if subject else ""


def _preposition_like(tokens: Sequence[Token], new: Sequence[Token]) -> list[int]:
    """Find the innermost phrase that is a time, or a name, as another is; of times with any preposition."""
    timed, named = _is_timed(new), _is_named(new)
    phrases = [_sorted(tokens, t.index) for t in tokens if t.dep == "prep"]
    alike = [
        phrase
        for phrase in phrases
        if _is_timed([tokens[i] for i in phrase]) == timed and _is_named([tokens[i] for i in phrase]) == named
    ]
    same = [phrase for phrase in alike if tokens[phrase[0]].lower == new[0].lower]
    return min(same or (alike if timed else []), key=len, default=[])


def _is_timed(tokens: Sequence[Token]) -> bool:
    return any(token.entity in _TIMES for token in tokens[1:4])


def _is_named(tokens: Sequence[Token]) -> bool:
    return any(token.pos == "PROPN" and token.entity not in _TIMES for token in tokens)


def _has_like(tokens: Sequence[Token], noun: Token, new: Sequence[Token]) -> bool:
    """Tell whether a noun has something before it of the kind that another has: a figure, an adjective."""
    kinds = {t.pos for t in new if t.pos in ("NUM", "ADJ") and t.lower not in ("one", "ones")}
    return bool(kinds & {tokens[i].pos for i in _noun_phrase(tokens, noun)})


def _noun_phrase(tokens: Sequence[Token], noun: Token) -> list[int]:
    """Give a noun with what stands before it that belongs to it."""
    inside = [i for i in _sorted(tokens, noun.index) if i <= noun.index]
    return [] if any(tokens[i].lower in ASKING for i in inside) else inside


def _name_like(tokens: Sequence[Token], kind: str) -> list[int]:
    """Find the name of a question that is of a kind, by type of named entity; of no known kind: its only name."""
    names: list[list[int]] = []
    for token in tokens:
        if token.pos != "PROPN" or token.entity in _TIMES or not token.text[:1].isupper():
            continue
        joined = bool(names) and names[-1][-1] == token.index - 1
        names = [*names[:-1], [*names[-1], token.index]] if joined else [*names, [token.index]]
    like = [name for name in names if tokens[name[0]].entity == kind != ""]
    return like[0] if like else names[0] if len(names) == 1 and not kind else []


def _with_phrase(tokens: Sequence[Token], old: Sequence[int], new: str) -> str:
    if not old:
        return ""
    return f"{written(tokens[: old[0]])} {new} {written(tokens[old[-1] + 1 :])}"


def _sorted(tokens: Sequence[Token], top: int) -> list[int]:
    return sorted(subtree(tokens, top))


def _outermost(phrases: Sequence[list[int]]) -> list[list[int]]:
    """Leave out phrases inside others."""
    return [p for p in phrases if not any(set(p) < set(other) for other in phrases)]

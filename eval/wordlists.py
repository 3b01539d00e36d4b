"""Classes of English words that the groundedness checker tells apart: general English, no data set's habit."""

from qa.text import stem


def _stems(words: str) -> frozenset[str]:
    return frozenset({*words.split(), *(stem(word) for word in words.split())})


BE = frozenset(
    """
    is are was were be been being
""".split()
)
IRREGULAR = frozenset(
    """
    bought sold won lost beat overtook hit paid gave took made told sent led struck spent cut held
    left met found brought sued caught taught drew drove flew fought hired shot stole threw wrote
""".split()
)
NO_VERBS = frozenset(
    """
    missing including according following during concerning regarding morning evening
""".split()
)
SPEECH = _stems("""
    say said says tell told call called add added argue argued state stated complain complained
    insist insisted conclude concluded explain explained announce announced report reported describe
    described think thought believe believed warn warned claim claimed allege alleged accuse accused
    deny denied want wants wanted write wrote confirm confirmed believe suggest suggested stress stressed
    note noted reply replied admit admitted promise promised predict predicted caution cautioned
""")
SPEECH_OF_CLAIMS = _stems("""
    allege alleged alleges accuse accused accuses claim claimed claims argue argued argues deny
    denied contend contended maintain maintained suspect suspected
""")
NEGATIONS = frozenset(
    """
    not no never neither nor without cannot didn't doesn't don't isn't aren't wasn't weren't won't
    wouldn't can't couldn't hasn't haven't hadn't rather
""".split()
)
DENIALS = _stems("""
    deny denied refuse refused reject rejected fail failed untrue false decline declined unable lack
    lacks lacked ruled barred despite
""")
POSSIBLE = _stems("may might could possible possibly perhaps likely probably suspect suspected can if unless")
PLANNED = _stems("""
    expect expected plan plans planned consider considering propose proposed hope hopes
    aim aims seek seeks intend intends prepare preparing due will
""") - {"will"}
CONDITIONAL = frozenset("would should".split())
PRONOUNS = frozenset("he she it they who which".split())
UP = _stems("""
    rise rose risen rising increase increased grow grew grown growth climb climbed gain gained jump
    jumped soar soared surge surged expand expanded double doubled
""")
DOWN = _stems("""
    fall fell fallen falling drop dropped decrease decreased decline shrink shrank slip slipped
    slide slid plunge plunged halve halved reduce reduced worsen
""")
WIDE = frozenset(
    """
    all every everyone everybody entire whole unanimous unanimously exactly always ever nobody none
    only entirely completely
""".split()
)

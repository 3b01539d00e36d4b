import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda

from qa.errors import QuestionError
from qa.models import Answer, Stage
from qa.runnable import AnswerRunnable
from tests.fakes import ScriptedChatModel

QUESTION = "What is the NATO spending target?"
GOOD = "The NATO spending target is 2% of GDP.\nShort: 2% of GDP"


class Recorder(BaseCallbackHandler):
    """Keeps which runs began, each with the run it is a child of."""

    def __init__(self):
        self.runs = {}

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, **kwargs):
        self.runs[run_id] = ("chain", parent_run_id)

    def on_retriever_start(self, serialized, query, *, run_id, parent_run_id=None, **kwargs):
        self.runs[run_id] = ("retriever", parent_run_id)

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, **kwargs):
        self.runs[run_id] = ("model", parent_run_id)

    def children(self):
        (root,) = [run for run, (_, parent) in self.runs.items() if parent is None]
        return sorted({kind for kind, parent in self.runs.values() if parent == root})


@pytest.fixture
def newsdesk(pipeline_with):
    return lambda *replies: AnswerRunnable(pipeline_with(ScriptedChatModel(replies=list(replies))))


def test_invoke_gives_the_final_answer(newsdesk):
    answer = newsdesk(GOOD).invoke(QUESTION)
    assert (answer.text, answer.stage) == ("The NATO spending target is 2% of GDP [1].", Stage.DONE)


def test_search_and_model_are_child_runs_of_the_answer(newsdesk):
    recorder = Recorder()
    newsdesk(GOOD).invoke(QUESTION, {"callbacks": [recorder]})
    assert recorder.children() == ["model", "retriever"]


def test_a_stream_is_traced_alike_and_ends_with_the_final_answer(newsdesk):
    recorder = Recorder()
    answers = list(newsdesk(GOOD).stream({"question": QUESTION}, {"callbacks": [recorder]}))
    assert [a.stage for a in answers][-1] is Stage.DONE
    assert all(isinstance(a, Answer) for a in answers)
    assert recorder.children() == ["model", "retriever"]


def test_batch_keeps_the_order_and_gives_exceptions_if_asked(newsdesk):
    found = newsdesk(GOOD, GOOD).batch([QUESTION, "", QUESTION], return_exceptions=True)
    assert [getattr(f, "short", None) for f in found] == ["2% of GDP", None, "2% of GDP"]
    assert isinstance(found[1], QuestionError)


def test_it_is_a_part_of_somebody_elses_chain(newsdesk):
    chain = (
        RunnableLambda(lambda alliance: f"What is the {alliance} spending target?")
        | newsdesk(GOOD)
        | RunnableLambda(lambda answer: answer.short)
    )
    assert chain.invoke("NATO") == "2% of GDP"


def test_history_may_be_given_as_mappings(newsdesk):
    history = [{"question": QUESTION, "answer": "2% of GDP."}]
    answer = newsdesk("?", GOOD).invoke({"question": "Who demands more?", "history": history})
    assert answer.question == "Who demands more?"

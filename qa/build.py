"""The one place where real parts are put together."""

from dataclasses import dataclass

from qa.catalog import IndexIdentity
from qa.config import Settings
from qa.embeddings import EmbeddingModel, RememberingModel, load_embeddings
from qa.finding import Finder
from qa.gate import Gate
from qa.llm import LanguageModel, load_llm
from qa.pipeline import QUOTATIONS_ONLY, Pipeline
from qa.prompts import shared_messages
from qa.reader import Reader
from qa.retriever import HybridRetriever
from qa.store import Store
from qa.syntax import load_parser
from qa.weights import Progress
from qa.writing import Writer


def open_store(settings: Settings, embeddings: EmbeddingModel) -> Store:
    """Open the index for asking; raises as `Store.open`."""
    return Store.open(settings.data_dir, IndexIdentity.of(embeddings, settings))


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a pipeline, which several pipelines of one process can share."""

    embeddings: EmbeddingModel
    llm: LanguageModel | None


def load_models(settings: Settings, progress: Progress = lambda _: None) -> Models:
    """Load the models that the settings name; raises as `build_pipeline`."""
    return Models(load_embeddings(settings, progress), load_llm(settings, progress))


def build_pipeline(
    settings: Settings, progress: Progress = lambda _: None, models: Models | None = None
) -> Pipeline:
    """Open the index, load the models and put the pipeline together.

    Args:
        settings: what to build.
        progress: told of steps that take a while, as one line each.
        models: models of these settings that are loaded already.

    Raises:
        StoreError: the index cannot be used.
        WeightsError: model files are missing or not the ones that were pinned.
        LLMError: the language model cannot be loaded.
    """
    # The index first: that there is none is said at once, not after seconds of loading.
    embeddings = models.embeddings if models else load_embeddings(settings, progress)
    store = open_store(settings, embeddings)
    llm = models.llm if models else load_llm(settings, progress)
    pipeline = assemble(settings, store, embeddings, llm)
    # Loads what searching and checking need, before anybody waits for it.
    pipeline.finder.retriever.retrieve("warm up")
    load_parser()
    if pipeline.finder.reader is not None:
        pipeline.finder.reader.read("warm up", ["warm up"])
    if llm is not None:
        llm.prime(shared_messages())
    return pipeline


def assemble(settings: Settings, store: Store, embeddings: EmbeddingModel, llm: LanguageModel | None) -> Pipeline:
    """Put a pipeline together from parts that are there."""
    remembering = RememberingModel(embeddings)
    retriever = HybridRetriever(store=store, embeddings=remembering, settings=settings)
    return Pipeline(Finder(retriever, remembering, settings, Reader.load(settings)), build_writer(settings, llm))


def build_writer(settings: Settings, llm: LanguageModel | None) -> Writer:
    """Give what writes and checks, with the gate that was fitted for its model."""
    return Writer(llm, Gate.load(llm.name if llm else QUOTATIONS_ONLY), settings)

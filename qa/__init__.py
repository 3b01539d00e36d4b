"""Questions and answers: types, index, retrieval and the answering pipeline."""

"""Articles in: read, cut into chunks, embedded, written to the index."""

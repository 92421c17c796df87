"""Documents to chunks to index to passages; turns any backend into retrieval-augmented generation."""

"""PDF objects and cross-reference sections as they stand in the bytes, revision by revision."""

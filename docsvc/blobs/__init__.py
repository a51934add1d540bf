"""Content-addressed bytes: a blob is named by its SHA-256 and written once."""

"""The document, its revisions, its events; what every step stands on."""

"""The steps of a document's road; each knows the document and none of the others."""

"""The service: takes official documents from upload to archive and counts the signed ones."""

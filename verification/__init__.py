"""Say what a PDF is and whether its signatures hold. Knows nothing of the service."""

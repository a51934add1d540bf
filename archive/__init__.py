"""Keep documents for decades: OAIS packages, OCFL storage, fixity. Knows nothing of the service."""

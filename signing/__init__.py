"""Put signatures into PDFs: reserve, prepare, complete, augment. Knows nothing of the service."""

"""The only door to the durable engine (DBOS): what was begun is finished, on any machine."""

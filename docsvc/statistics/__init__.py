"""How many documents are really signed: counted from the verdicts, body by body."""

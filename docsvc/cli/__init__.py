"""The command line: a contract (commands, JSON, exit codes) and tables for people."""

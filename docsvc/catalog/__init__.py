"""The office's vocabulary as data: kinds, secrecy, urgency, retention, authority, messages."""

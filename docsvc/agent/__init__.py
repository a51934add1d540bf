"""The agent on somebody's own PC: lets a page of the service sign with the token in that PC."""

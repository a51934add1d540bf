"""The clerk looks at what was recognised and says what is right."""

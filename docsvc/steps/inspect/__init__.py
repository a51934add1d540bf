"""What kind of file it is: facts, gathered by a child process under limits."""

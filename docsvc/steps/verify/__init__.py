"""An independent read of the finished bytes; a bad verdict stops the document here."""

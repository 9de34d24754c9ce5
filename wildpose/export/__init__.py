"""What a person or another program reads: files written from a result."""

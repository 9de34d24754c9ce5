"""How well recognizers label clips that were filmed anywhere."""

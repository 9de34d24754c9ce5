"""What every command and tool ends with."""

DONE = 0
FAILED = 1
"""Some inputs failed, each with a line, and the others are done; or it could not go on."""
USAGE = 2
"""What was typed is not allowed."""
INTERRUPTED = 130
"""By Ctrl-C; what is done is kept."""

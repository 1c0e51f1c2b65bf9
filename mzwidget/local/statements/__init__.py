"""One client's statements: read, planned, run."""

"""The data, its time, and what is maintained over it."""

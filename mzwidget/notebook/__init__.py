"""At home in an analysis: SQL in cells, frames in and out, completion, and the tools that connect."""

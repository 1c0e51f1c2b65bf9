"""How values look: on the wire, in COPY, in DuckDB."""

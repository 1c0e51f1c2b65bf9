"""To the browser: base and delta, who looks, which moment."""

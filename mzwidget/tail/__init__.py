"""From the database: a subscription kept as a collection at one timestamp."""

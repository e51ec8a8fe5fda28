"""The mock driven by its own OpenAPI documents."""

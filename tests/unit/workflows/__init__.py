"""The pure definition: schema, graph, validation, expressions, conditions, editing."""

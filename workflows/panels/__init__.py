"""Forms of the visual editor, made from the schema: documents become fields, what was posted documents. Pure."""

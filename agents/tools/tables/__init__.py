"""Tables out of files: reading, profiling and querying them, with the standard library alone."""

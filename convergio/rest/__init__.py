"""What all API routes share: who asks, how a body is read, pages of a list, limits, and the one error format."""

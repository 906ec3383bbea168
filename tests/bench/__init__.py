"""What the product costs and how fast it is, beside a bare database transaction. Printed, never asserted."""

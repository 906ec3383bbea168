"""What somebody who means harm would try, and what happens then. docs/security.md says which test holds which threat."""

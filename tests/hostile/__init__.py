"""What somebody who means harm would try. docs/security.md says which test holds which threat."""

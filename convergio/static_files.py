"""Files for the browser under names with a content hash, or under their own names before they were collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """A page never breaks because of a file that is not in the manifest; in tests nothing is collected at all."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """Return the name with its hash when there is one."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name

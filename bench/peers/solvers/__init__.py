"""One module a peer. Each solver is ``solve(instance, limit_s, **options) -> Answer``; nothing is shared here
but that, so that a process loads no more than the one peer it runs."""

"""Serving HTTP from a loop that is ours."""

import contextlib

import uvicorn


async def serve(server: uvicorn.Server) -> None:
    """Runs a server until `should_exit` or cancelled; signals stay with whoever runs the loop."""
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    await server.serve()

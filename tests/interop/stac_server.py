"""Starts a real STAC API (stac-fastapi-geoparquet) on this machine over a GeoParquet file, or tells that it cannot.

    pip install stac-fastapi-geoparquet==0.0.7 'stac-fastapi-api<6' 'stac-fastapi-extensions<6' \
        'stac-fastapi-types<6' 'fastapi==0.120.0' rustac==0.9.17 duckdb-extension-spatial==1.5.5 duckdb-extension-icu==1.5.5 \
        duckdb-extension-parquet==1.5.5 uvicorn
    python tests/interop/stac_server.py ITEMS.parquet

The DuckDB that rustac 0.9.17 brings along is 1.5.5; it would fetch its extensions from its own server, so they are
taken from the wheels of that version. Prints one line: the port, or "absent: ..." (exit 3). Ends when its stdin is
closed, at the latest after two minutes.
"""

import importlib.util
import os
import pathlib
import platform
import socket
import sys
import tempfile
import threading

SECONDS = 120
EXTENSIONS = ["icu", "parquet", "spatial"]


def absent(why):
    print("absent:", " ".join(str(why).split())[:200], flush=True)
    sys.exit(3)


def extensions(folder):
    """The extensions of the installed wheels where DuckDB looks for them."""
    machine = {"x86_64": "linux_amd64", "aarch64": "linux_arm64"}.get(platform.machine(), "unknown")
    for name in EXTENSIONS:
        found = importlib.util.find_spec(f"duckdb_extension_{name}")
        if found is None:
            absent(f"no module duckdb_extension_{name}")
        for file in pathlib.Path(found.origin).parent.glob("extensions/*/*.duckdb_extension"):
            place = folder / file.parent.name / machine
            place.mkdir(parents=True, exist_ok=True)
            (place / file.name).symlink_to(file)


def application(items, folder):
    from rustac import DuckdbClient
    from stac_fastapi.geoparquet import api, settings

    extensions(folder)
    words = settings.Settings(
        stac_fastapi_landing_id="real",
        stac_fastapi_title="real",
        stac_fastapi_description="real items behind a real server",
        stac_fastapi_geoparquet_href=items,
    )
    client = DuckdbClient(extension_directory=folder, install_extensions=False)
    return api.create(settings=words, duckdb_client=client).app


def main(items):
    with tempfile.TemporaryDirectory() as folder:
        try:
            import uvicorn

            app = application(items, pathlib.Path(folder))
        except Exception as error:  # a package is absent, or of a version that does not fit
            absent(error)
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))

        def stop():
            server.should_exit = True

        timer = threading.Timer(SECONDS, stop)
        timer.daemon = True
        timer.start()
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), stop()), daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        server.run(sockets=[listener])


main(sys.argv[1])

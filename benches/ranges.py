#!/usr/bin/env python3
"""What an area of a full tile costs over the web: bytes asked for, and how much latency slows a run down.

    ranges.py --program target/release/groundtell --pair FOLDER [--share 0.02] [--places 5] [--latency 50] [--rounds 3] [--json FILE]

FOLDER is a simulated pair (`groundtell simulate --size 10980 --out FOLDER`). A server on this machine answers ranges of
its files, waits before every answer for as long as it is told, and counts. The area is a square of the given share of the
tile, its corner drawn with a fixed seed, and once such that it cuts as many tiles of the files as it can. No cache is kept.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METRES = 109800
TILE = 512 * 20


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--pair", required=True)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--places", type=int, default=5)
    parser.add_argument("--latency", type=float, default=50, help="milliseconds before every answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=8)
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


class Ranges(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    root, latency, log, lock = ".", 0.0, [], threading.Lock()

    def do_GET(self):
        path = os.path.join(self.root, self.path.lstrip("/"))
        size = os.path.getsize(path)
        time.sleep(Ranges.latency)
        asked = self.headers.get("Range")
        first, last = (int(part) for part in asked[6:].split("-")) if asked else (0, size - 1)
        last = min(last, size - 1)
        with open(path, "rb") as file:
            file.seek(first)
            body = file.read(last - first + 1)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("ETag", f'"{size}"')
        self.send_header("Content-Type", "application/json" if path.endswith(".json") else "image/tiff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        with Ranges.lock:
            Ranges.log.append((self.path, len(body)))

    def log_message(self, *_):
        pass


def box(pair, corner, side):
    """A square of the tile's grid, in degrees, as a GeoJSON polygon whose corners are those of the square."""
    from rasterio.warp import transform

    scene = json.load(open(os.path.join(pair, "scenario.json")))
    west, north = (float(word) for word in scene["grid"].split("corner (")[1].split(")")[0].split(", "))
    x0, y0 = west + corner[0], north - corner[1]
    steps = [i / 16 for i in range(16)]
    ring = [(x0 + side * t, y0) for t in steps] + [(x0 + side, y0 - side * t) for t in steps]
    ring += [(x0 + side * (1 - t), y0 - side) for t in steps] + [(x0, y0 - side * (1 - t)) for t in steps]
    lon, lat = transform(scene["grid"].split(",")[0], "EPSG:4326", [x for x, _ in ring], [y for _, y in ring])
    ring = [list(point) for point in zip(lon, lat)]
    return {"type": "Polygon", "coordinates": [(ring + ring[:1])[::-1]]}


def run(asked, port, area, folder):
    """One run: seconds on the wall, requests, bytes."""
    name, out = os.path.join(folder, "aoi.json"), os.path.join(folder, "out")
    json.dump(area, open(name, "w"))
    Ranges.log.clear()
    base = f"http://127.0.0.1:{port}"
    line = [asked.program, "change", "--before", f"{base}/before/item.json", "--after", f"{base}/after/item.json"]
    line += ["--aoi", name, "--out", out, "--overwrite", "--loopback-http", "--no-cache", "--quiet"]
    start = time.monotonic()
    subprocess.run(line + ["--requests", str(asked.requests)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start, len(Ranges.log), sum(count for _, count in Ranges.log)


def files(pair):
    sides = [os.path.join(pair, side) for side in ("before", "after")]
    return sum(os.path.getsize(os.path.join(side, name)) for side in sides for name in os.listdir(side))


def main():
    asked = arguments()
    Ranges.root = asked.pair
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, folder, side = server.server_address[1], tempfile.mkdtemp(), METRES * asked.share**0.5
    chance, whole = random.Random(37), files(asked.pair)
    corners = [tuple(chance.uniform(0, METRES - side) for _ in range(2)) for _ in range(asked.places)]
    # As many tiles as can be: the square lies astride of one, and the rest of it on both sides.
    astride = 3 * TILE - (side - TILE) / 2
    corners.append((astride, astride))
    told = {"places": [], "latency": []}
    try:
        for number, corner in enumerate(corners):
            _, requests, count = run(asked, port, box(asked.pair, corner, side), folder)
            kind = "worst" if number == len(corners) - 1 else "drawn"
            told["places"].append({"kind": kind, "corner_m": corner, "requests": requests, "bytes": count, "share": count / whole})
            print(f"{kind}: corner {corner[0]:.0f}, {corner[1]:.0f} m: {requests} requests, {count / 1e6:.2f} MB, {100 * count / whole:.2f} % of the files' {whole / 1e6:.0f} MB")
        area = box(asked.pair, corners[0], side)
        for number in range(asked.rounds):
            seconds = []
            for latency in (0, asked.latency / 1e3):
                Ranges.latency = latency
                seconds.append(run(asked, port, area, folder)[0])
            told["latency"].append(seconds)
            print(f"round {number + 1}: {seconds[0]:.2f} s without latency, {seconds[1]:.2f} s with {asked.latency:.0f} ms: throughput {seconds[0] / seconds[1]:.2f}")
    finally:
        shutil.rmtree(folder)
        server.shutdown()
    if asked.json:
        json.dump(told, open(asked.json, "w"), indent=1)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Instructions of the whole line over those of inflating its input tiles: a speed guard that no busy machine can disturb.

    instructions.py --program target/release/groundtell --inflate target/release/examples/inflate --work DIR [--most RATIO]

Simulates a small pair, stores its bands as DEFLATE tiles, and counts both commands with callgrind (one thread). The
counts are the same in every run of the same binaries. With `--most`, a greater ratio ends with exit code 1.
"""
import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

RECIPE = Path(__file__).parent / "j20.toml"
BANDS = ["B8A", "B12", "B04", "SCL"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--inflate", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--most", type=float)
    return parser.parse_args()


def counted(command):
    """Instructions of a command."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return int(found[1])


def stored(folder):
    """The pair with its bands as DEFLATE tiles with predictor, as public archives keep them."""
    files = []
    for source in sorted(folder.glob("*/B*.tif")) + sorted(folder.glob("*/SCL.tif")):
        if source.stem in BANDS:
            target = source.with_suffix(".deflate.tif")
            predictor = "NO" if source.stem == "SCL" else "YES"
            subprocess.run(["gdal_translate", "-q", "-of", "COG", "-co", "COMPRESS=DEFLATE", "-co", f"PREDICTOR={predictor}",
                            "-co", "BLOCKSIZE=512", str(source), str(target)], check=True)
            target.replace(source)
            files.append(str(source))
        else:
            source.unlink()
    return files


def main():
    asked = arguments()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    pair = asked.work / "pair"
    subprocess.run([asked.program, "simulate", "--size", str(asked.size), "--seed", "3", "--quiet", "--out", str(pair)],
                   check=True, stdout=subprocess.DEVNULL)
    files = stored(pair)
    line = [asked.program, "change", "--before", str(pair / "before"), "--after", str(pair / "after"), "--recipe", str(RECIPE),
            "--out", str(asked.work / "out"), "--quiet", "--threads", "1"]
    ours, floor = counted(line), counted([asked.inflate, *files])
    ratio = ours / floor
    print(f"line {ours / 1e6:.0f} million instructions, inflate {floor / 1e6:.0f} million, ratio {ratio:.2f}")
    if asked.most is not None and ratio > asked.most:
        print(f"more than {asked.most}: find what the line does anew (perf record, or callgrind without the null file)")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

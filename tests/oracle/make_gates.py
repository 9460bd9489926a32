"""Reference values of the gates' kernels: phase correlation and robust consistency with numpy in float64.

    python3 tests/oracle/make_gates.py > tests/oracle/gates.json

Pictures are hashed noise, averaged 3 x 3; the later one is the earlier one shifted bilinearly and given noise of
its own. `mixed` is the hash of the tests: the same numbers come out in Rust.
"""
import json
import numpy as np

SIDE, PATCH = 64, 76


def mixed(at):
    at = np.asarray(at, dtype=np.uint64)
    m = ((at * 0x85EBCA6B) & 0xFFFFFFFF) ^ 0x9E3779B9
    m = ((m ^ (m >> np.uint64(13))) * 0xC2B2AE35) & 0xFFFFFFFF
    return (m ^ (m >> np.uint64(16))).astype("f8") / 0xFFFFFFFF


def smooth(seed, side):
    n = side + 2
    raw = mixed(np.arange(n * n) + seed).reshape(n, n)
    return sum(raw[r:r + side, c:c + side] for r in range(3) for c in range(3)) / 9


def pictures(seed, dx, dy, noise):
    """The later picture shows at (x + dx, y + dy) what the earlier one does at (x, y)."""
    wide = smooth(seed, PATCH + 12)
    before = wide[6:6 + PATCH, 6:6 + PATCH]
    x, y = 6 - dx, 6 - dy
    col, row = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - col, y - row
    part = lambda r, c: wide[r:r + PATCH, c:c + PATCH]
    after = ((1 - fy) * ((1 - fx) * part(row, col) + fx * part(row, col + 1))
             + fy * ((1 - fx) * part(row + 1, col) + fx * part(row + 1, col + 1)))
    after = after + noise * mixed(np.arange(PATCH * PATCH) + seed + 7_000_000).reshape(PATCH, PATCH)
    return before.astype("f4"), after.astype("f4")


def surface(a, b):
    phase = 2 * np.pi * (np.arange(SIDE) + .5) / SIDE
    taper = np.outer(.5 - .5 * np.cos(phase), .5 - .5 * np.cos(phase))
    A, B = (np.fft.fft2((p.astype("f8") - p.astype("f8").mean()) * taper) for p in (a, b))
    power = np.conj(A) * B
    return np.real(np.fft.ifft2(power / np.abs(power)))


def shift(before, after):
    start = (PATCH - SIDE) // 2
    a = before[start:start + SIDE, start:start + SIDE]
    whole = [0, 0]
    while True:
        b = after[start + whole[0]:start + whole[0] + SIDE, start + whole[1]:start + whole[1] + SIDE]
        s = surface(a, b)
        peak = np.unravel_index(np.argmax(s), s.shape)
        if peak == (0, 0):
            break
        for axis in (0, 1):
            whole[axis] += peak[axis] if peak[axis] <= SIDE // 2 else peak[axis] - SIDE
    near = np.roll(s, (1, 1), (0, 1))[:3, :3]
    def part(lower, upper):
        side, sign = (upper, 1) if upper >= lower else (lower, -1)
        return sign * side / (near[1, 1] + side) if side > 0 else 0.
    dy, dx = whole[0] + part(near[0, 1], near[2, 1]), whole[1] + part(near[1, 0], near[1, 2])
    rest = np.roll(s, (1, 1), (0, 1)).ravel()
    keep = np.ones((SIDE, SIDE), bool)
    keep[:3, :3] = False
    rest = rest[keep.ravel()]
    reliability = np.clip(100 - 100 * (rest.mean() + 2 * rest.std()) / near.mean(), 0, 100)
    return dx, dy, reliability


def consistency(x, y):
    middle = lambda v: (np.median(v), 1.4826 * np.median(np.abs(v - np.median(v))))
    keep = np.ones(x.size, bool)
    for _ in range(10):
        mx, sx = middle(x[keep])
        my, sy = middle(y[keep])
        off = y - my - sy / sx * (x - mx)
        centre, spread = middle(off[keep])
        after = np.abs(off - centre) <= 2.5 * spread
        settled = after.sum() == keep.sum()
        keep = after
        if settled:
            break
    u, v = x[keep], y[keep]
    return dict(gain=v.std() / u.std(), bias=float(np.median(v - u)), correlation=np.corrcoef(u, v)[0, 1],
                unchanged=keep.mean(), pixels=x.size)


def band(n, gain, shift, changed):
    x = (.05 + .3 * mixed(np.arange(n) + 100)).astype("f4")
    y = (gain * x.astype("f8") + shift + .02 * mixed(np.arange(n) + 900_000)).astype("f4")
    y[:changed] = .08
    return x.astype("f8"), y.astype("f8")


ties = []
for number, (dx, dy, noise) in enumerate([(0, 0, 0), (.3, -.45, .05), (1.4, 2.2, .05), (-1.75, .6, .1),
                                          (-3.2, -4.1, .02), (.5, .25, .3), (2.0, -1.0, .1)]):
    found = shift(*pictures(1000 * number, dx, dy, noise))
    ties.append(dict(seed=1000 * number, dx=dx, dy=dy, noise=noise, found=list(map(float, found))))
lines = []
for n, gain, offset, changed in [(4000, 1.0, 0, 0), (4000, 1.2, .03, 700), (900, .7, .1, 250), (300, 1.5, -.02, 20)]:
    fit = {k: float(v) for k, v in consistency(*band(n, gain, offset, changed)).items()}
    lines.append(dict(n=n, gain=gain, offset=offset, changed=changed, found=fit))
print(json.dumps(dict(ties=ties, lines=lines), indent=1))

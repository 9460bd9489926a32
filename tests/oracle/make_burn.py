"""Writes burn.json: the burn map of one made-up scene as numpy and scipy work it out, step by step.

The scene (30 m, 6 bands, counts of 1e-4): a steppe half green, half dry; a fire over both, with an unburned
island; a green field harvested to bright soil; a field that dried without char; a meadow that
greened up; a reservoir; noise. Masks are
rows of hexadecimal numbers, the first column in the highest of `width` bits.
"""

import json
import math
import pathlib

import numpy as np
from scipy.ndimage import binary_closing, binary_opening, convolve, distance_transform_edt, label

HEIGHT, WIDTH, PIXEL = 44, 52, 30.0
BANDS = ("B02", "B03", "B04", "B8A", "B11", "B12")
GREEN_LAND = (300, 600, 450, 3200, 2000, 1000)
DRY_LAND = (900, 1200, 1600, 2500, 3100, 2300)
GREEN_BURN = (350, 500, 600, 1300, 2100, 1900)
DRY_BURN = (700, 850, 1100, 1500, 2700, 2600)
CROP = (350, 800, 500, 4800, 2300, 1300)
SOIL = (1400, 1900, 2300, 3300, 4300, 4500)
DRIED = (400, 650, 800, 2450, 2380, 1400)
WATER = (300, 350, 200, 120, 60, 40)
EIGHT = np.ones((3, 3), bool)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)


def scene():
    rng = np.random.default_rng(20180806)
    rows, cols = np.indices((HEIGHT, WIDTH))
    kind = np.where(cols < 26, 0, 1)
    before = np.stack([np.choose(kind, (GREEN_LAND[b], DRY_LAND[b])) for b in range(6)]).astype(float)
    after = 1.02 * before
    fire = ((rows - 16) / 8.0) ** 2 + ((cols - 27) / 11.0) ** 2 <= 1 + 0.2 * np.sin(cols)
    fire &= ~(((rows - 16) ** 2 + (cols - 31) ** 2) <= 5)
    for b in range(6):
        after[b][fire] = np.choose(kind, (GREEN_BURN[b], DRY_BURN[b]))[fire]
        before[b][34:42, 3:11], after[b][34:42, 3:11] = CROP[b], SOIL[b]
        before[b][31:40, 14:23], after[b][31:40, 14:23] = GREEN_LAND[b], DRIED[b]
        before[b][2:9, 43:51], after[b][2:9, 43:51] = DRY_LAND[b], GREEN_LAND[b]
        before[b][36:44, 40:52] = after[b][36:44, 40:52] = WATER[b]
    noise = lambda: rng.normal(1, 0.035, (6, HEIGHT, WIDTH))
    return [np.clip(np.round(raster * noise()), 1, 9999).astype(int) for raster in (before, after)]


def quantile(values, q):
    return int(np.sort(values)[max(1, math.ceil(q * len(values))) - 1])


def background(values):
    bins = np.bincount(np.clip((values + 15000) // 50, 0, 599), minlength=600)
    half = max(1, math.floor(0.25 * (quantile(values, 0.75) - quantile(values, 0.25)) / 50 + 0.5))
    box = np.ones(2 * half + 1, int)
    smooth = np.convolve(np.convolve(bins, box)[half : half + 600], box)[half : half + 600]
    mode = -15000 + int(np.argmax(smooth)) * 50 + 25
    flanks = [mode - values[values < mode], values[values > mode] - mode]
    sigmas = [1.4826 * quantile(flank, 0.5) for flank in flanks if len(flank) > 20]
    return (mode if abs(mode) <= 2500 else 0), min(max(min(sigmas, default=0.0), 100.0), 900.0)


def membership(control, seeds):
    median, upper = quantile(control, 0.5), quantile(control, 0.9)
    lower, middle = quantile(seeds, 0.1), quantile(seeds, 0.5)
    apart = middle - median
    distinct = apart / max((upper - median) + (middle - lower), 1.0)
    if lower < upper + 0.2 * apart:
        centre = (lower + upper) / 2
        upper, lower = centre - 0.1 * apart, centre + 0.1 * apart
    return {"centre": (lower + upper) / 2, "slope": 2 * math.log(9) / max(lower - upper, 1e-9), "distinct": distinct}


def around(mask):
    return convolve(mask.astype(int), np.ones((3, 3), int), mode="constant")


def ring(marks):
    """Between 180 m and 2 km of marked cells of 60 m, from centre to centre."""
    cells = np.zeros((-(-HEIGHT // 2), -(-WIDTH // 2)), bool)
    for row, col in zip(*np.nonzero(marks)):
        cells[row // 2, col // 2] = True
    distance = distance_transform_edt(~cells, sampling=2 * PIXEL)
    inside = (distance >= 180) & (distance <= 2000)
    return inside.repeat(2, 0).repeat(2, 1)[:HEIGHT, :WIDTH]


def disk(radius):
    rows, cols = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return rows**2 + cols**2 <= radius**2 + 0.5


def closed(mask, radius):
    wide = np.pad(mask, radius + 1)
    return binary_closing(wide, disk(radius))[radius + 1 : -radius - 1, radius + 1 : -radius - 1]


def reopened(mask):
    labels, _ = label(mask, EIGHT)
    kept = np.unique(labels[binary_opening(mask, CROSS)])
    return np.isin(labels, kept[kept > 0])


def filled(mask, below):
    holes, count = label(~mask)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    edge = np.unique(np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]]))
    small = sizes < below
    small[edge] = small[0] = False
    return mask | small[holes]


def sieved(mask, least):
    labels, count = label(mask, EIGHT)
    large = np.bincount(labels.ravel(), minlength=count + 1) >= least
    large[0] = False
    return large[labels]


def hexed(mask):
    return [f"{int(''.join('1' if pixel else '0' for pixel in row), 2):x}" for row in mask]


def shape_of(mask):
    """Perimeter, elongation, rectangularity by brute force."""
    wide = np.pad(mask, 1)
    edges = sum(int((wide & ~np.roll(wide, step, axis)).sum()) for axis in (0, 1) for step in (1, -1))
    rows, cols = np.nonzero(mask)
    covariance = np.cov(np.stack([cols, rows]), bias=True) + np.eye(2) / 12
    short, long = np.linalg.eigvalsh(covariance)
    area = len(rows)
    return {
        "perimeter_m": edges * PIXEL,
        "elongation": math.sqrt(long / short),
        "rectangularity": area / (12 * math.sqrt(long * short)),
        "compactness": 4 * math.pi * area / edges**2,
    }


before, after = scene()
f32 = np.float32
b, a = ({name: raster[i].astype(f32) for i, name in enumerate(BANDS)} for raster in (before, after))
difference = lambda x, y: (x - y) / (x + y)
water = lambda x: (difference(x["B03"], x["B11"]) > 0) & (x["B8A"] < 1500) & (x["B12"] < 500)
eligible = ~(water(b) | water(a))
dnbr = difference(b["B8A"], b["B12"]) - difference(a["B8A"], a["B12"])
steps = np.floor(dnbr.astype(float) * 1e4).astype(int)
green = difference(b["B8A"], b["B04"]) >= f32(0.3)
still = difference(a["B8A"], a["B04"]) >= f32(0.5)
brighter = a["B8A"] + a["B12"] >= f32(1.05) * (b["B8A"] + b["B12"])
soil = green & brighter & (a["B12"] >= f32(0.3) / f32(1e-4))
flags = 2 * green + 8 * soil + 16 * still + 32 * brighter
byte = lambda value, per: np.clip(np.floor(value * per + 0.5), -127, 127).astype(int)
signs = {
    "fall": byte(np.log(np.maximum(b["B8A"] * 1e-4, 0.01)) - np.log(np.maximum(a["B8A"] * 1e-4, 0.01)), 100),
    "dark": byte(-a["B8A"] * 1e-4, 100),
    "char": byte(1e-4 * (10 * (a["B12"] - b["B12"]) - 9.8 * (a["B11"] - b["B11"])), 50),
}

classes = [background(steps[eligible & ~green]), background(steps[eligible & green])]
shift = np.where(green, classes[1][0], classes[0][0])
sigma = np.where(green, classes[1][1], classes[0][1])
above = steps - shift
height = np.maximum(3 * sigma, 750)
first = eligible & ~soil & (above >= height)
core = first & (around(eligible & ~soil & (above >= 2 * sigma)) >= 6)
greened = eligible & (above <= -height) & (around(eligible & (above <= -2 * sigma)) >= 6)
quiet = eligible & (above < 2 * sigma)
control = quiet & ring(core)
assert control.sum() >= 200

fits = {"dnbr": membership(above[control], above[first])}
fits |= {name: membership(plane[control], plane[first]) for name, plane in signs.items()}
used = [(above, fits["dnbr"])] + [(plane, fits[name]) for name, plane in signs.items() if fits[name]["distinct"] >= 1.25]
sigmoid = lambda x, fit: 1 / (1 + np.exp(np.clip(-fit["slope"] * (x - fit["centre"]), -50, 50)))
score = np.mean([sigmoid(plane, fit) for plane, fit in used], axis=0)
seeds = core & (score >= 0.9)
candidates = eligible & ~soil & (score >= 0.35) & (above >= 750)
candidates = eligible & (around(candidates) >= 5)
labels, _ = label(candidates, EIGHT)
kept = np.unique(labels[seeds & candidates])
grown = np.isin(labels, kept[kept > 0])
pixel_ha = PIXEL * PIXEL / 1e4
generalised = closed(grown, math.floor(40 / PIXEL + 0.5))
generalised = sieved(filled(reopened(generalised), 1.0 / pixel_ha), 0.3 / pixel_ha)

control_char = quantile(signs["char"][control], 0.5) * 0.02
labels, count = label(generalised, EIGHT)
objects, burned = [], np.zeros_like(grown)
for number in range(1, count + 1):
    whole = labels == number
    own = whole & grown
    rise = signs["char"][own].mean() * 0.02 - control_char
    mean = above[own].mean() * 1e-4
    fate = "Weak" if (seeds & own).sum() < 0.35 * own.sum() else "Stands"
    if fate == "Stands" and rise < 0.10:
        fate = "Uncharred" if mean >= 0.27 else "Faded"
    burned |= whole & (fate in ("Stands", "Uncharred"))
    objects.append({"fate": fate, "pixels": int(whole.sum()), "grown": int(own.sum()), "seeds": int((seeds & own).sum()),
                    "mean_dnbr": mean, "rise": rise, **shape_of(whole)})
    print(objects[-1])

assert {item["fate"] for item in objects} >= {"Stands", "Faded"}, "the scene shows too little"
assert greened.sum() > 20 and soil.sum() > 30 and not (burned & soil).any()
out = {
    "width": WIDTH, "height": HEIGHT, "pixel": PIXEL, "bands": list(BANDS),
    "before": before.reshape(6, -1).tolist(), "after": after.reshape(6, -1).tolist(),
    "eligible": hexed(eligible), "steps": steps.ravel().tolist(), "flags": flags.ravel().tolist(),
    "signs": {name: plane.ravel().tolist() for name, plane in signs.items()},
    "background": classes, "first": hexed(first), "core": hexed(core), "greened": hexed(greened),
    "control": int(control.sum()), "quiet": int(quiet.sum()), "control_char": control_char, "memberships": fits,
    "seeds": hexed(seeds), "candidates": hexed(candidates), "grown": hexed(grown), "generalised": hexed(generalised),
    "objects": objects, "burned": hexed(burned),
}
pathlib.Path(__file__).with_name("burn.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print({name: round(fit["distinct"], 2) for name, fit in fits.items()}, classes, int(burned.sum()), int(control.sum()), int(greened.sum()))

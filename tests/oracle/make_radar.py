"""Writes radar.json: what numpy and scipy make of small radar stacks (tests/radar.rs).

    python make_radar.py > radar.json        # numpy, scipy

With the folder of a no-change stack and of a dated one (see tests/radar_real.rs) it prints, besides, the tables that the
README quotes, computed without groundtell:

    python make_radar.py opera FOLDER        # share of p < 0.05 before and after the empirical null, every split in time
    python make_radar.py power FOLDER        # the same stack with -3 dB implanted into 5 % of the ground after the split
"""

import collections
import glob
import json
import os
import sys

import numpy as np
from scipy import ndimage, special, stats


def deviate(t, freedom):
    """Normal deviate with the tail of Student's t and its sign."""
    return np.sign(t) * -special.ndtri_exp(stats.t.logsf(np.abs(t), freedom))


def two_sample(before, after, least):
    """z, difference and n_eff of one pixel; None where untestable. NaN is missing."""
    first, second = (side[np.isfinite(side)] for side in (np.log(before), np.log(after)))
    n1, n2 = len(first), len(second)
    if min(n1, n2) < 2:
        return None
    if min(n1, n2) >= least:
        test = stats.ttest_ind(second, first, equal_var=False)
    else:
        test = stats.ttest_ind(second, first, equal_var=True)
    products = squares = 0.0
    for side in (np.log(before), np.log(after)):
        deviations = np.where(np.isfinite(side), side - np.nanmean(side), 0.0)
        products += float((deviations[1:] * deviations[:-1]).sum())
        squares += float((deviations**2).sum())
    r = min(max(products / squares + 2 / (n1 + n2), 0.0), 0.9)
    return [
        float(deviate(test.statistic, test.df)),
        float(second.mean() - first.mean()),
        (1 - r) / (1 + r) / (1 / n1 + 1 / n2),
    ]


def hotelling(before, after):
    """Signed deviate of T2; before and after are dates by VV, VH, complete."""
    a, b = np.log(before), np.log(after)
    n1, n2, p = len(a), len(b), 2
    pooled = ((n1 - 1) * np.cov(a.T) + (n2 - 1) * np.cov(b.T)) / (n1 + n2 - 2)
    d = b.mean(0) - a.mean(0)
    t2 = n1 * n2 / (n1 + n2) * d @ np.linalg.solve(pooled, d)
    f = (n1 + n2 - p - 1) / (p * (n1 + n2 - 2)) * t2
    return float(np.sign(d.sum()) * stats.norm.isf(stats.f.sf(f, p, n1 + n2 - p - 1) / 2))


def omnibus(power, looks, alpha):
    """First, last and count of changes; power is channels by dates, complete."""
    m, dates = power.shape
    start, found = 0, []
    for k in range(1, dates):
        j = k - start + 1
        before, now = power[:, start:k].sum(1), power[:, k]
        log = lambda x: np.log(x).sum()
        ln_r = looks * (
            m * (j * np.log(j) - (j - 1) * np.log(j - 1)) + (j - 1) * log(before) + log(now) - j * log(before + now)
        )
        rho = 1 - (1 + 1 / (j * (j - 1))) / (6 * looks)
        w = -m / 4 * (1 - 1 / rho) ** 2
        z = -2 * rho * ln_r
        if (1 - w) * stats.chi2.sf(z, m) + w * stats.chi2.sf(z, m + 4) < alpha:
            found.append(k)
            start = k
    return [found[0], found[-1], len(found)] if found else [65535, 65535, 0]


def lee(power, looks):
    mean = ndimage.uniform_filter(power, 3)
    variance = ndimage.uniform_filter(power**2, 3) - mean**2
    weight = np.maximum(0, 1 - mean**2 / (looks * variance))
    return (mean + weight * (power - mean))[1:-1, 1:-1]


def oracle():
    rng = np.random.default_rng(20)
    made = {}
    made["student"] = [
        [t, freedom, float(deviate(t, freedom))]
        for freedom in (1.0, 2.0, 2.7, 5.0, 9.9, 10.0, 14.3, 31.0, 120.0, 5000.0)
        for t in (-0.003, 0.2, -1.0, 2.5, -6.0, 12.0, 40.0, -300.0)
        if stats.t.sf(abs(t), freedom) > 1e-300
    ]
    made["tails"] = [[x, float(-special.ndtri_exp(x))] for x in (-0.6931471805599453, -0.7, -1, -3, -20, -25.5, -200, -690, -4000)]
    cases = []
    for n1, n2, least in ((12, 9, 6), (30, 3, 6), (4, 4, 2), (2, 2, 6), (8, 5, 6)):
        power = 0.05 * rng.gamma(4.4, 1 / 4.4, (24, n1 + n2)).astype(np.float32)
        power[:6, n1:] *= np.float32(3)
        power[6:9, n1:] *= np.float32(0.02)
        if n1 + n2 > 8:
            power[rng.random(power.shape) < 0.15] = np.nan
        due = [two_sample(row[:n1].astype(float), row[n1:].astype(float), least) for row in power]
        cases.append({"before": n1, "least": least, "power": clean(power.T), "due": due})
    made["contrast"] = cases
    pairs = []
    for n1, n2 in ((12, 9), (5, 2), (20, 3)):
        common = rng.gamma(6, 1 / 6, (20, n1 + n2, 1))
        power = (np.array([0.08, 0.02]) * common * rng.gamma(6, 1 / 6, (20, n1 + n2, 2))).astype(np.float32)
        power[:5, n1:] *= np.array([0.3, 1.4], dtype=np.float32)
        due = [hotelling(row[:n1].astype(float), row[n1:].astype(float)) for row in power]
        pairs.append({"before": n1, "vv": clean(power[:, :, 0].T), "vh": clean(power[:, :, 1].T), "due": due})
    made["hotelling"] = pairs
    z = np.round(np.concatenate([rng.normal(0, 1, 400), rng.normal(-4, 1, 30), rng.normal(5, 1, 20)]), 3)
    q = stats.false_discovery_control(2 * stats.norm.sf(np.abs(z)))
    made["discovery"] = {"z": z.tolist(), "q": q.tolist()}
    runs = []
    for channels, looks in ((2, 4.4), (1, 10.0)):
        power = (0.05 * rng.gamma(looks, 1 / looks, (30, channels, 16))).astype(np.float32)
        power[:12, :, 9:] *= np.float32(6)
        power[6:12, :, 13:] *= np.float32(0.1)
        due = [omnibus(row.astype(float), looks, 1e-4) for row in power]
        runs.append({"looks": looks, "power": [clean(power[:, c].T) for c in range(channels)], "due": due})
    made["omnibus"] = runs
    plane = (0.05 * rng.gamma(2, 0.5, (9, 11))).astype(np.float32)
    plane[4:, 6:] *= np.float32(8)
    made["filter"] = {
        "plane": clean(plane),
        "multilook": ndimage.uniform_filter(plane.astype(float), 5)[2:-2, 2:-2].tolist(),
        "lee": lee(plane.astype(float), 5).tolist(),
    }
    return made


def clean(array):
    """Nested lists with null for NaN; single precision as the shortest decimals that give it back."""
    shown = lambda x: None if np.isnan(x) else float(str(np.float32(x)))
    return [[shown(x) for x in row] for row in array]


# --- the tables on real data ------------------------------------------------------------------------------------------


def stack(folder, polarisation):
    """Dates and power of a folder of OPERA RTC files of one burst."""
    import rasterio

    found = collections.OrderedDict()
    for path in sorted(glob.glob(os.path.join(folder, f"*_{polarisation}.tif")), key=lambda p: os.path.basename(p).split("_")[4]):
        with rasterio.open(path) as raster:
            found[os.path.basename(path).split("_")[4][:8]] = raster.read(1).astype(float)
    return list(found), np.stack(list(found.values()))


def looks(power, side):
    count = ndimage.uniform_filter(np.ones_like(power), (0, side, side), mode="constant")
    return ndimage.uniform_filter(power, (0, side, side), mode="constant") / count


def deviates(log, k, least=6):
    """Signed deviates of dates k.. against those before."""
    test = stats.ttest_ind(log[k:], log[:k], equal_var=min(k, len(log) - k) < least)
    return deviate(test.statistic, test.df)


def null(z):
    low, centre, high = np.quantile(z, [0.1, 0.5, 0.9])
    return centre, max(1.0, (high - low) / (2 * stats.norm.ppf(0.9)))


def discovered(z, rate=0.05):
    return stats.false_discovery_control(2 * stats.norm.sf(np.abs(z).ravel())).reshape(z.shape) <= rate


def share(z):
    return float((2 * stats.norm.sf(np.abs(z)) < 0.05).mean())


def opera(folder):
    print("polarisation,looks,first_after,before,after,share_theory,spread,share_nominal,share_discovered")
    for polarisation in ("VV", "VH"):
        dates, power = stack(folder, polarisation)
        for side in (1, 3):
            log = np.log(looks(power, side))
            for k in range(2, len(dates) - 1):
                z = deviates(log, k)
                centre, spread = null(z)
                calibrated = (z - centre) / spread
                row = [share(z), spread, share(calibrated), float(discovered(calibrated).mean())]
                print(polarisation, side, dates[k], k, len(dates) - k, *(f"{x:.4f}" for x in row), sep=",")


def power(folder):
    rng = np.random.default_rng(3)
    print("polarisation,looks,first_after,found_of_implanted,false_of_found")
    for polarisation in ("VV", "VH"):
        dates, plain = stack(folder, polarisation)
        for side in (1, 3, 5):
            for k in range(3, len(dates) - 2):
                implanted = np.zeros(plain.shape[1:], bool)
                for _ in range(20):
                    row, col = rng.integers(0, 95, 2)
                    implanted[row : row + 5, col : col + 5] = True
                changed = plain.copy()
                changed[k:, implanted] *= 10**-0.3
                z = deviates(np.log(looks(changed, side)), k)
                centre, spread = null(z)
                found = discovered((z - centre) / spread)
                false = (found & ~ndimage.binary_dilation(implanted, iterations=side // 2) if side > 1 else found & ~implanted).sum()
                print(polarisation, side, dates[k], f"{found[implanted].mean():.2f}", f"{false / max(found.sum(), 1):.2f}", sep=",")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"opera": opera, "power": power}[sys.argv[1]](sys.argv[2])
    else:
        json.dump(oracle(), sys.stdout)
        print()

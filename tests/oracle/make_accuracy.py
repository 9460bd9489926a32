"""Writes accuracy.json: confusion, agreement, Wilson intervals and AUC as numpy and scipy have them."""

import json
import pathlib

import numpy as np
import scipy.stats

RNG = np.random.default_rng(7)


def share(hits, trials):
    if trials == 0:
        return {"value": None, "low": None, "high": None}
    interval = scipy.stats.binomtest(int(hits), int(trials)).proportion_ci(0.95, method="wilson")
    return {"value": hits / trials, "low": interval.low, "high": interval.high}


def case(mask, reference, valid, steps):
    m, r, s = (array[valid] for array in (mask, reference, steps))
    tp, fp, fn, tn = (int(x.sum()) for x in (m & r, m & ~r, ~m & r, ~m & ~r))
    iou = share(tp, tp + fp + fn)
    dice = {key: None if value is None else 2 * value / (1 + value) for key, value in iou.items()}
    if tp + fp + fn:
        dice["value"] = 2 * tp / (2 * tp + fp + fn)
    kappa = None
    if len(m) and (m.any() or r.any()) and not (m.all() and r.all()):
        chance = m.mean() * r.mean() + (1 - m.mean()) * (1 - r.mean())
        kappa = ((m == r).mean() - chance) / (1 - chance)
    auc = None
    if r.any() and not r.all():
        auc = scipy.stats.mannwhitneyu(s[r], s[~r]).statistic / (r.sum() * (~r).sum())
    expected = {
        "counts": {"tp": tp, "fp": fp, "fn": fn, "tn": tn},
        "commission": share(fp, tp + fp), "omission": share(fn, tp + fn), "overall": share(tp + tn, len(m)),
        "iou": iou, "f1": dice, "kappa": kappa, "auc": auc,
    }
    arrays = {"mask": mask, "reference": reference, "valid": valid, "steps": steps}
    return {**{name: array.astype(int).tolist() for name, array in arrays.items()}, "expected": expected}


def cases():
    for share_set, noise, spread in ((0.5, 0.1, 3000), (0.1, 0.02, 40), (0.02, 0.3, 2), (0.9, 0.5, 9000), (0, 0.1, 10), (1, 0, 5)):
        reference = RNG.random(400) < share_set
        mask = reference ^ (RNG.random(400) < noise)
        steps = np.clip(RNG.normal(size=400) * spread + reference * spread, -32768, 32767).astype("int16")
        yield case(mask, reference, RNG.random(400) < 0.9, steps)


pairs = [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (50, 100), (1, 100_000), (123_456, 1_000_000)]
wilson = [{"hits": h, "trials": n, **share(h, n)} for h, n in pairs]
target = pathlib.Path(__file__).parent / "accuracy.json"
lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases())
target.write_text('{"cases":[\n' + lines + '\n],\n"wilson":' + json.dumps(wilson) + "}\n")

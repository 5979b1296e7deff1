"""amplify_table.py ROWS OUTPUT.md -- the section "Data amplification" of the committed table, from what amplify.sh left in ROWS."""
import json
import statistics
import sys

import sections

TITLE = "## Data amplification (tests/quality/amplify.sh)"


def lines(path):
    with open(path) as f:
        rows = [json.loads(line) for line in f]
    out = [TITLE, "",
           "amplify_bvae.card learns a density from 100 points of the toys of 2008.06545. The space is cut into cells of equal probability by the",
           "exact distribution (50, 7 x 7, 3^5); the error of a sample is mean (share - 1/q)^2 over the q cells, which n true points have as",
           "(1/q)(1 - 1/q)/n on average. `worth`: as many true points have the mean error of the samples. Means over the seeds, each with points",
           "and training of its own; in brackets the error of the mean.", "",
           "| toy | cells | seeds | error of 100 true points: exact, found | error of 1 000 generated | 10 000 | all | worth of all | amplification |",
           "|---|---|---|---|---|---|---|---|---|"]
    for toy in ("camel", "ring", "shell"):
        these = [r for r in rows if r["toy"] == toy]
        if not these:
            continue
        sizes = sorted(int(k[6:]) for k in these[0] if k.startswith("error_"))
        mean = [statistics.mean(r[f"error_{n}"] for r in these) for n in sizes]
        spread = statistics.stdev(r[f"error_{sizes[-1]}"] for r in these) / len(these) ** 0.5 if len(these) > 1 else 0
        expected, points = these[0]["points_expected"], these[0]["points"]
        worth = expected * points / mean[-1]
        out.append(f"| {toy} | {({'camel': 50, 'ring': 49, 'shell': 243})[toy]} | {len(these)} | {expected:.3g}, "
                   f"{statistics.mean(r['points_error'] for r in these):.3g} | {mean[0]:.3g} | {mean[1]:.3g} | {mean[-1]:.3g} ({spread:.1g}) | {worth:.0f} | "
                   f"**{worth / points:.1f}** |")
    return out + [""]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sections.merge(sys.argv[2], "\n".join(lines(sys.argv[1])))

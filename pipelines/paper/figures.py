"""Picks the figures of `interpretability` out of interpret's JSON: arguments model, seed.

Prints lines of model, seed, figure and value.
"""
import json
import sys

model, seed = sys.argv[1:]
measured = json.load(sys.stdin)


def note(figure, value):
    print(model, seed, figure, "null" if value is None else value)


users = (measured.get("independence") or {}).get("users")
if users:
    for name in ("cosine", "pearson", "dimensions"):
        note(f"independence:{name}" if name != "dimensions" else name, users[name])
found = measured.get("disentanglement")
if found:
    note("disentanglement", found["accuracy"])
    note("chance", found["chance"])
    note("disentanglement-of-10", found["most"]["accuracy"])
found = measured.get("structure")
if found:
    note("structure:kept", max(found["kept"]))
    for name in ("closed", "closedOfLive", "groupsOfFactor", "fourLargest", "fourLargestSigned", "deletionByGroup",
                 "deletionByFactor", "clustersByLength"):
        note(f"structure:{name}", found.get(name))
for part in measured.get("agreement") or []:
    if part["categories"] == "first":
        for name in ("ami", "nmi", "ari", "purity"):
            note(f"{part['of']}:{part['by']}:{name}", part[name])
found = measured.get("fidelity")
if found:
    for what in ("score", "gain"):
        curves = (found.get(what) or {}).get("deletion")
        if curves:
            note(f"fidelity:{what}", curves["share"])

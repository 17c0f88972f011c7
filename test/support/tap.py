"""Counting for test scripts: check() each fact, end with done()."""
import sys

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(ok, what, detail=""):
    counts["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAILED: {what}\n{detail}".rstrip())
    return ok


def skip(what):
    counts["skipped"] += 1
    print(f"skipped: {what}")


def done():
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    sys.exit(77 if not counts["passed"] and not counts["failed"] else counts["failed"] != 0)

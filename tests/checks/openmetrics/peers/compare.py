"""Our parser against prometheus_client's: the pages of pages/, and thousands of changed ones.

Of each page the lines that ours calls malformed are taken out; of what is left, where the Python
parser accepts it, both must make the same families and samples. So a line that ours skips leaves its
neighbours as they are, although the Python parser gives up at the first fault.
"""

import io
import itertools
import json
import math
import pathlib
import random
import re
import subprocess
import sys

from prometheus_client.openmetrics.parser import text_fd_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_fd_to_metric_families as parse_prometheus

PAGES = pathlib.Path(__file__).parent / "pages"
CHANGES_PER_PAGE = 400
# Why ours refuses lines that the Python parser of the older format reads: it takes the first and the
# last of any number of words for value and timestamp, and names with spaces in them.
STRICTER = {"not a timestamp", "unexpected text at the end", "not a metric name"}
ALPHABET = ' \t{}=",#\\+-._0123456789aeEinfNtT:'


SUFFIXES = {
    "prometheus": {
        "gauge": [""],
        "counter": ["", "_total"],
        "summary": ["", "_count", "_sum"],
        "histogram": ["", "_bucket", "_count", "_sum"],
    },
    "openmetrics": {
        "gauge": [""],
        "counter": ["", "_total", "_created"],
        "stateset": [""],
        "summary": ["", "_count", "_sum", "_created"],
        "histogram": ["", "_bucket", "_count", "_sum", "_created"],
        "gaugehistogram": ["_bucket", "_gcount", "_gsum"],
        "info": ["_info"],
    },
}


def reopened(grammar, families):
    """Samples that do not stand below their TYPE line, or whose counter is declared in the other
    spelling, are of a family without type to the Python parser; ours puts them where they belong."""
    declared, out = {}, []
    for name, kind, samples in families:
        if kind == "counter":
            name = name.removesuffix("_total")
        if kind == "unknown":
            owner = None
            for suffix in ["", "_bucket", "_count", "_sum", "_total", "_info", "_gsum", "_gcount", "_created"]:
                stem = name.removesuffix(suffix) if suffix and name.endswith(suffix) else name if not suffix else None
                if owner is None and stem and suffix in SUFFIXES[grammar].get(declared.get(stem), []):
                    owner = stem
            if owner is not None:
                name, kind = owner, declared[owner]
                if kind == "counter" and grammar == "prometheus":
                    samples = [(n if n.endswith("_total") else n + "_total", l, v) for n, l, v in samples]
        else:
            declared[name] = kind
        out.append((name, kind, samples))
    return out


def merged(families):
    """Families without samples left out; samples of one family that follow each other joined."""
    out = []
    for name, kind, samples in families:
        if not samples:
            continue
        if out and out[-1][:2] == (name, kind):
            out[-1][2].extend(samples)
        else:
            out.append((name, kind, list(samples)))
    return out


def theirs(grammar, page):
    """None when the page is refused."""
    lines = page.decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    lines = [line.rstrip("\r") for line in lines]
    parse = parse_openmetrics if grammar == "openmetrics" else parse_prometheus
    try:
        found = list(parse(line + "\n" for line in lines))
    except Exception:  # whatever a page can make it raise
        return None
    families = []
    for metric in found:
        samples = []
        for sample in metric.samples:
            if sample.native_histogram is not None:
                return None
            samples.append((sample.name, sorted(sample.labels.items()), float(sample.value)))
        families.append((metric.name, metric.type, samples))
    return merged(reopened(grammar, families))


def ours(program, requests):
    text = b"".join(
        b"%s %d %d\n" % (grammar.encode(), len(page), chunk) + page for grammar, page, chunk in requests
    )
    answer = subprocess.run([program], input=text, stdout=subprocess.PIPE, check=True).stdout
    pages, families = [], []
    grammars = iter(request[0] for request in requests)
    grammar = next(grammars)
    for line in io.StringIO(answer.decode()):
        event = json.loads(line)
        if "family" in event:
            families.append((event["family"], event["type"], []))
        elif "sample" in event:
            name, kind = event["sample"], families[-1][1]
            # The Python parser gives every counter's sample its suffix.
            if kind == "counter" and grammar == "prometheus" and not name.endswith("_total"):
                name += "_total"
            labels = sorted((key, value) for key, value in event["labels"])
            families[-1][2].append((name, labels, float(event["value"])))
        else:
            pages.append((merged(families), event["malformed"]))
            families = []
            grammar = next(grammars, None)
    return pages


def same(a, b):
    def key(families):
        return [
            (name, kind, [(n, l, "nan" if math.isnan(v) else v) for n, l, v in samples])
            for name, kind, samples in families
        ]

    return key(a) == key(b)


def first_difference(expected, found):
    for one, other in itertools.zip_longest(expected, found):
        if one is None or other is None or not same([one], [other]):
            return f"  theirs: {one}\n  ours:   {other}"
    return "  in length"


def changed(page, chance):
    """The page with one to three small faults."""
    text = page.decode()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        what = chance.random()
        if what < 0.35:
            text = text[:at] + text[at + 1 :]
        elif what < 0.7:
            text = text[:at] + chance.choice(ALPHABET) + text[at:]
        elif what < 0.9:
            text = text[:at] + chance.choice(ALPHABET) + text[at + 1 :]
        else:
            lines = text.split("\n")
            del lines[chance.randrange(len(lines))]
            text = "\n".join(lines)
        if not text:
            return page
    return text.encode()


def main():
    program = sys.argv[1]
    chance = random.Random(6)
    requests, names = [], []
    for path in sorted(PAGES.iterdir()):
        grammar = "openmetrics" if path.suffix == ".om" else "prometheus"
        page = path.read_bytes()
        if theirs(grammar, page) is None:
            sys.exit(f"{path.name}: the Python parser refuses this page")
        requests.append((grammar, page, len(page)))
        names.append(path.name)
        for number in range(CHANGES_PER_PAGE):
            requests.append((grammar, changed(page, chance), chance.randint(1, 200)))
            names.append(f"{path.name}, change {number}")
    answers = ours(program, requests)
    if len(answers) != len(requests):
        sys.exit(f"{len(requests)} pages, {len(answers)} answers")
    compared, failures = 0, 0
    for (grammar, page, _), name, (found, malformed) in zip(requests, names, answers):
        lines = page.split(b"\n")
        skipped = {line - 1 for line, _ in malformed}
        left = b"\n".join(line for number, line in enumerate(lines) if number not in skipped)
        if grammar == "openmetrics" and re.search(rb"\}[^ \n]", page):
            continue  # the character behind the brace is passed over without a look
        expected = theirs(grammar, left)
        if expected is None:
            continue
        compared += 1
        wrong = None
        if not same(expected, found):
            wrong = first_difference(expected, found)
        elif malformed and "change" not in name:
            wrong = str(malformed)
        elif not {why for _, why in malformed} <= STRICTER and theirs(grammar, page) is not None:
            wrong = f"refused by us alone: {malformed}"
        if wrong is None:
            continue
        failures += 1
        if failures <= 10:
            print(f"DIFFERENT {name}\n{wrong}")
    print(f"compared: {compared} of {len(requests)} pages, {failures} differ")
    sys.exit(1 if failures or compared < len(requests) / 2 else 0)


main()

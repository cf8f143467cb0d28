"""The results as a table."""

EDITS = {
    "source": "one source line",
    "version": "own version",
    "dev": "a development dependency",
    "small": "a small dependency",
    "heavy": "a heavy dependency",
    "base": "a new base image",
}


def table(results):
    """Markdown: a row for each measurement, ratios last."""
    return "\n\n".join(f"### {result['image']}\n\n{one(result)}" for result in results)


def one(result):
    guide, dfgen = result.get("guide", {}), result.get("dfgen", {})
    rows = [("", "uv guide", "dfgen", "dfgen ÷ guide"), ("---", "--:", "--:", "--:")]

    def row(label, key, unit):
        values = [dig(guide, key), dig(dfgen, key)]
        if any(value is not None for value in values):
            rows.append((label, *(shown(value, unit) for value in values), ratio(*values)))

    row("size on disk", ["size"], size)
    row("of which base image", ["base_size"], size)
    row("layers above the base, gzip", ["gzip"], size)
    row("layers above the base, zstd", ["zstd"], size)
    row("first push", ["first_push"], size)
    row("cold build", ["cold_s"], seconds)
    row("build, nothing changed", ["unchanged_s"], seconds)
    for edit, words in EDITS.items():
        row(f"build, {words}", ["edits", edit, "seconds"], seconds)
    for edit, words in EDITS.items():
        row(f"push, {words}", ["edits", edit, "pushed"], size)
    row("start to first answer", ["start_ms"], milliseconds)
    row("… without bytecode", ["plain_start_ms"], milliseconds)
    row("size without bytecode", ["plain_size"], size)
    same = [dig(side, ["same_digests"]) for side in (guide, dfgen)]
    rows.append(("layers that two cold builds share", *(f"{sum(one)} of {len(one)}" if one else "" for one in same), ""))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def dig(value, keys):
    for key in keys:
        value = (value or {}).get(key)
    return value


def shown(value, unit):
    return "" if value is None else unit(value)


def ratio(guide, dfgen):
    if not guide or dfgen is None:
        return ""
    if dfgen == 0:
        return "0"
    ratio = dfgen / guide
    return f"{ratio:.2f}" if ratio >= 0.095 else f"1/{guide / dfgen:,.0f}"


def size(value):
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= power:
            return f"{value / power:.3g} {unit}" if value < 999.5 * power else f"{value / power:.0f} {unit}"
    return f"{value} B"


def seconds(value):
    return f"{value:.1f} s"


def milliseconds(value):
    return f"{value:.0f} ms"

"""Looks for words in everything that an image holds: names, links and contents of files in every layer, history, settings.

Usage: docker save IMAGE | find_in_image.py WORD...    prints JSON: what was looked through, and where a word is
"""
import base64
import io
import json
import sys
import tarfile

words = [word.encode() for word in sys.argv[1:]]
# Also as HTTP sends them. The last letters of base64 depend on what follows.
words += [base64.b64encode(word)[:-4] for word in words]
seen = {"layers": 0, "files": 0, "settings": 0, "found": []}


def look(place, data):
    if any(word in data for word in words):
        seen["found"].append(place)


def look_through(name, data):
    """A layer is a tar, packed or not; everything else in the archive is JSON."""
    try:
        layer = tarfile.open(fileobj=io.BytesIO(data), mode="r:*")
    except tarfile.ReadError:
        seen["settings"] += 1
        return look(name, data)
    seen["layers"] += 1
    for member in layer:
        seen["files"] += 1
        look(f"{name}: name of {member.name}", repr((member.name, member.linkname, member.pax_headers)).encode())
        if member.isfile():
            look(f"{name}: {member.name}", layer.extractfile(member).read())


with tarfile.open(fileobj=sys.stdin.buffer, mode="r|*") as image:
    for member in image:
        if member.isfile():
            look_through(member.name, image.extractfile(member).read())
json.dump(seen, sys.stdout)

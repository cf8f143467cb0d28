"""Prints as JSON what of an image its user could change, and which files give whoever runs them another user's rights.

Folders that are there to be written are left out: temporary ones, and those below /var and /home, which are volumes.
"""

import json
import os
import stat

CODE = ["/app", "/bin", "/boot", "/etc", "/lib", "/lib64", "/opt", "/root", "/sbin", "/srv", "/usr"]

changeable, set_id = set(), set()
for top in CODE:
    for folder, folders, files in os.walk(top):
        for name in [".", *files]:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            if os.access(path, os.W_OK):
                changeable.add(path)
            if name != "." and os.stat(path).st_mode & (stat.S_ISUID | stat.S_ISGID):
                set_id.add(path)
print(json.dumps({"changeable": sorted(changeable), "set_id": sorted(set_id)}))

"""A package index that asks who asks, with one package. Prints `PORT HASH`, then serves.

Usage: index.py USER:PASSWORD
"""
import base64
import hashlib
import io
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EXPECTED = "Basic " + base64.b64encode(sys.argv[1].encode()).decode()
NAME = "acme_core-1.0.0-py3-none-any.whl"
INFO = "acme_core-1.0.0.dist-info"
FILES = {
    "acme_core.py": "NAME = 'acme'\n",
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: acme-core\nVersion: 1.0.0\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
FILES[f"{INFO}/RECORD"] = "".join(f"{name},,\n" for name in [*FILES, f"{INFO}/RECORD"])

wheel = io.BytesIO()
with zipfile.ZipFile(wheel, "w") as archive:
    for name, text in FILES.items():
        archive.writestr(zipfile.ZipInfo(name), text)
HASH = hashlib.sha256(wheel.getvalue()).hexdigest()
PAGES = {
    "/simple/acme-core/": f'<a href="/files/{NAME}#sha256={HASH}">{NAME}</a>'.encode(),
    f"/files/{NAME}": wheel.getvalue(),
}


class Index(BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGES.get(self.path, b"")
        if self.headers["Authorization"] != EXPECTED:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            body = b""
        elif body:
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/zip")
        else:
            self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET


server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
print(server.server_port, HASH, flush=True)
server.serve_forever()

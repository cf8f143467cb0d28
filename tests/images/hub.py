"""Stands in for a hub of models at 127.0.0.1:9000: one file, `config.json` of acme/tiny, as huggingface_hub asks for it."""
import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer

BYTES = b'{"model_type": "stand-in"}\n'


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        found = self.path.startswith("/acme/tiny/resolve/") and self.path.endswith("/config.json")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(BYTES) if found else 0))
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("ETag", '"' + hashlib.sha1(BYTES).hexdigest() + '"')
        self.end_headers()
        return BYTES if found else b""

    def do_GET(self):
        self.wfile.write(self.do_HEAD())


HTTPServer(("127.0.0.1", 9000), Hub).serve_forever()

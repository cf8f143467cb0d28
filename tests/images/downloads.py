"""A download host of Playwright's with stand-ins for browsers, and a project that starts one. Prints its port, then serves.

Usage: downloads.py FOLDER
"""
import io
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as files:
    for name in ["chrome-headless-shell-linux64/chrome-headless-shell", "ffmpeg-linux"]:
        file = zipfile.ZipInfo(name)
        file.external_attr = 0o100700 << 16  # nobody but who unpacked it
        files.writestr(file, "#!/bin/sh\necho a stand-in, run by $(id -u)\n")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(archive.getvalue())))
        self.end_headers()
        self.wfile.write(archive.getvalue())

    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
port = server.server_address[1]
project = Path(sys.argv[1]) / "project"
project.mkdir()
(project / "pyproject.toml").write_text(
    '[project]\nname = "shots"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = ["fastapi", "playwright", "uvicorn"]\n'
)
(project / "dfgen.toml").write_text(
    f'profiles = ["core-api"]\n\n[profile.core-api]\nenv = {{ PLAYWRIGHT_DOWNLOAD_HOST = "http://127.0.0.1:{port}" }}\n'
)
(project / "main.py").write_text(
    '''import os
import subprocess
from pathlib import Path

from fastapi import FastAPI
from playwright.async_api import async_playwright

app = FastAPI()


@app.get("/title")
async def title(url: str):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch()
        page = await browser.new_page()
        await page.goto(url)
        return await page.title()


@app.get("/browser")
def browser():
    [path] = Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"]).glob("chromium*/*/chrome-headless-shell")
    return subprocess.run([path], capture_output=True, text=True, check=True).stdout
'''
)
print(port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()

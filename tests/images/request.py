"""Sends one HTTP request to this container: METHOD PORT PATH [JSON]. Prints the status, then the body."""
import http.client
import sys

method, port, path, *body = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
connection.request(method, path, *body, headers={"Content-Type": "application/json"})
answer = connection.getresponse()
print(answer.status)
print(answer.read().decode())

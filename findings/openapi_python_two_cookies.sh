#!/usr/bin/env bash
# A client that openapi-generator writes in Python keeps only the last of several headers of one name.
#
# Guess: `ApiResponse.headers["Set-Cookie"]` is the first of two, or both joined by a comma, as urllib3 itself has it.
# Seen with openapi-generator 7.26.0 (python): `ApiResponse.headers` is declared as a mapping of strings, and pydantic turns
# urllib3's HTTPHeaderDict into a plain dict, pair by pair: the last value is left, and no other can be had from the answer.
# Needs Python 3 with venv and Java 11 or newer. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-generator-cli==7.26.0 urllib3==2.5.0 pydantic==2.11.7 python-dateutil==2.9.0.post0 typing-extensions==4.14.0
cat >api.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/login": {"post": {"operationId": "login", "tags": ["t"],
 "responses": {"200": {"description": "in", "content": {"application/json": {"schema": {"type": "string"}}}}}}}}}
JSON
venv/bin/openapi-generator-cli generate -i api.json -g python -o client --additional-properties=packageName=made >generate.log 2>&1

cat >server.py <<'PY'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.send_header('Set-Cookie', 'session=one')
        self.send_header('Set-Cookie', 'device=two')
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', '4')
        self.end_headers()
        self.wfile.write(b'"in"')
    def log_message(self, *_): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
venv/bin/python server.py >port &
server=$!
until [ -s port ]; do sleep 0.1; done

PYTHONPATH=client venv/bin/python - "$(cat port)" <<'PY' | tee seen
import sys, urllib3, made
url = f'http://127.0.0.1:{sys.argv[1]}'
answer = made.TApi(made.ApiClient(made.Configuration(host=url))).login_with_http_info()
print('urllib3:', urllib3.request('POST', url + '/login').headers['Set-Cookie'])
print('client: ', type(answer.headers).__name__, answer.headers['Set-Cookie'])
PY
diff seen - <<'SEEN'
urllib3: session=one, device=two
client:  dict device=two
SEEN

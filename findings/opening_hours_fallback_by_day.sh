#!/usr/bin/env bash
# The opening-hours crate takes a fallback rule (`||`) for days without another rule, and not for hours without one.
#
# Guess: `10:00-12:00 || 14:00-16:00` is open at three in the afternoon, since `||` hands over whenever the rules before it are not
# open, and `10:00-12:00 || unknown "call"` is unknown then.
# Seen with opening_hours_py 2.1.4 (the binding of the crate of that version): both are closed at three on a day that the first rule
# names; on a day that it does not name the fallback holds. npm's opening_hours 3.15.0 hands over at once, as guessed.
# Needs Python 3 with venv and Node 18 or newer. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check opening_hours_py==2.1.4
npm install --silent --no-audit --no-fund opening_hours@3.15.0 >/dev/null

# All at three in the afternoon of a Tuesday.
cat >values.json <<'JSON'
["10:00-12:00 || 14:00-16:00", "10:00-12:00 || unknown \"call\"", "Mo 10:00-12:00 || 14:00-16:00", "Mo 10:00-12:00 || unknown \"call\""]
JSON
cat >crate.py <<'PY'
import datetime, json
from opening_hours import OpeningHours
for value in json.load(open('values.json')):
    state, _ = OpeningHours(value).state(datetime.datetime(2026, 12, 1, 15, 0))
    print(value, str(state).split('.')[-1].lower())
PY
cat >reference.cjs <<'JS'
const OpeningHours = require('opening_hours')
for (const value of require('./values.json')) {
  const hours = new OpeningHours(value, null), at = new Date(2026, 11, 1, 15, 0)
  console.log(value, hours.getUnknown(at) ? 'unknown' : hours.getState(at) ? 'open' : 'closed')
}
JS
venv/bin/python crate.py | tee crate.txt
echo --
node reference.cjs | tee reference.txt

diff crate.txt - <<'SEEN'
10:00-12:00 || 14:00-16:00 closed
10:00-12:00 || unknown "call" closed
Mo 10:00-12:00 || 14:00-16:00 open
Mo 10:00-12:00 || unknown "call" unknown
SEEN
diff reference.txt - <<'SEEN'
10:00-12:00 || 14:00-16:00 open
10:00-12:00 || unknown "call" unknown
Mo 10:00-12:00 || 14:00-16:00 open
Mo 10:00-12:00 || unknown "call" unknown
SEEN

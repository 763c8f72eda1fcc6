#!/usr/bin/env bash
# gpxpy measures no route: a file with an `rte` and no `trk` is 0 m long and has no bounds.
#
# Guess: `GPX.length_2d()` and `GPX.get_bounds()` take whatever the file has, as `GPX.get_points_no()` or the map programs do.
# Seen with gpxpy 1.6.2: both look at tracks alone. A walk exported as `rte` with `rtept`s, which is what GPX has for a way that is
# to be followed, is 0 m long and nowhere; the route itself knows its length. The same points as a track are 11,132 m.
# Needs Python 3 with venv. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gpxpy==1.6.2
cat >measure.py <<'PY'
import gpxpy
ROUTE = '<rte><rtept lat="60.1" lon="24.9"/><rtept lat="60.2" lon="24.9"/></rte>'
TRACK = '<trk><trkseg><trkpt lat="60.1" lon="24.9"/><trkpt lat="60.2" lon="24.9"/></trkseg></trk>'
for name, body in ('route', ROUTE), ('track', TRACK):
    gpx = gpxpy.parse(f'<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{body}</gpx>')
    own = [round(route.length()) for route in gpx.routes]
    print(name, round(gpx.length_2d()), gpx.get_bounds() is not None, own)
PY
venv/bin/python measure.py | tee seen.txt
diff seen.txt - <<'SEEN'
route 0 False [11132]
track 11132 True []
SEEN

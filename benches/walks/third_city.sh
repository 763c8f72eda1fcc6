#!/usr/bin/env bash
# third_city.sh FILE: writes an extract of the middle of Neubrandenburg as it was in 2015.
#
# It is part of the test data of JOSM, in the sources that Debian 12 keeps of it (57 MB, © OpenStreetMap contributors, ODbL). They
# are found by lists of their own: the system's stay as they are, and need not name sources.
set -euo pipefail
version=0.0.svn18646+dfsg-1
data=josm-0.0.svn18646/nodist/data/neubrandenburg.osm.bz2
digest=adee8159029bb2e218d68e85dbe98291b1802d286f92ffbcb97327017f27f3fc
middle=13.235,53.542,13.290,53.573

for tool in apt-get osmium; do
    command -v "$tool" >/dev/null || { echo "needs $tool (Debian: apt, osmium-tool)" >&2; exit 1; }
done
mkdir -p "$(dirname "$1")"
file=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p lists/partial cache/archives/partial
# shellcheck disable=SC2016 # apt's own variables
apt-get indextargets 'Identifier: Packages' 'Label: Debian' 'Component: main' \
    --format 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) main' | sort -u >sources.list
own=(-qq -o APT::Sandbox::User=root -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache"
    -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=-)
apt-get "${own[@]}" update
apt-get "${own[@]}" source --download-only "josm=$version"
tar -xzf josm_*.orig.tar.gz "$data"
echo "$digest  $data" | sha256sum --check --quiet
osmium extract --no-progress --bbox "$middle" "$data" --output middle.osm.pbf
mv middle.osm.pbf "$file"

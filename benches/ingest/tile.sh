#!/usr/bin/env bash
# tile.sh FILE COPIES OUT: a large extract, made of shifted copies of a small one with ids of their own.
set -euo pipefail
file=$1 copies=$2 out=$3
side=$(awk -v n="$copies" 'BEGIN { s = int(sqrt(n)); print s * s < n ? s + 1 : s }')

for type in n w r; do
    osmium cat "$file" -f opl -o - | grep "^$type" >"$out.$type"
done
for type in n w r; do
    for copy in $(seq 0 $((copies - 1))); do
        # Ids stay apart by 2·10¹⁰ a copy, positions by 0.06°, in a square around where the copies begin.
        awk -v type="$type" -v shift="$((copy * 20000000000))" -v dx="$(((copy % side) * 60000))" -v dy="$((copy / side * 60000))" '
            function moved(id) { return sprintf("%.0f", id + shift) }
            {
                $1 = type moved(substr($1, 2))
                for (i = 2; i <= NF; i++) {
                    first = substr($i, 1, 1)
                    if (type == "n" && first == "x") $i = sprintf("x%.7f", substr($i, 2) + dx / 1e6)
                    else if (type == "n" && first == "y") $i = sprintf("y%.7f", substr($i, 2) + dy / 1e6)
                    else if (type == "w" && first == "N") {
                        n = split(substr($i, 2), refs, ",")
                        line = "N"
                        for (j = 1; j <= n; j++) line = line (j > 1 ? "," : "") "n" moved(substr(refs[j], 2))
                        $i = line
                    } else if (type == "r" && first == "M") {
                        n = split(substr($i, 2), members, ",")
                        line = "M"
                        for (j = 1; j <= n; j++) {
                            at = index(members[j], "@")
                            line = line (j > 1 ? "," : "") substr(members[j], 1, 1) moved(substr(members[j], 2, at - 2)) substr(members[j], at)
                        }
                        $i = line
                    }
                }
                print
            }' "$out.$type"
    done
done | osmium cat - -F opl -f pbf -o "$out" --overwrite
rm -f "$out".[nwr]

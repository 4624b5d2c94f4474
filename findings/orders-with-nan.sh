#!/usr/bin/env bash
# ml-matrix 6.15.1, mathjs 15.2.0, simple-statistics 7.12.1, Node 20.
# Guess: sorting a row with a NaN sorts the numbers and puts the NaN at one end,
# and the largest of the row does not depend on where the NaN stands. Seen:
# ml-matrix leaves the row as it was and its max is NaN only if the NaN comes
# first; mathjs keeps the NaN in the middle; simple-statistics' median of 3, NaN,
# 1 is 3, and its min depends on the place, its max does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-matrix@6.15.1 mathjs@15.2.0 simple-statistics@7.12.1 > /dev/null
cat > seen.mjs << 'EOF'
import { sort } from "mathjs";
import { Matrix } from "ml-matrix";
import { max, median, min } from "simple-statistics";
console.log("ml-matrix", new Matrix([[3, NaN, 1, 2]]).sortRows().to2DArray()[0].join());
console.log("ml-matrix max", new Matrix([[NaN, 3]]).max(), new Matrix([[1, NaN, 3]]).max());
console.log("mathjs", sort([3, NaN, 1]).join());
console.log("simple-statistics", median([3, NaN, 1]), min([NaN, 1]), min([1, NaN]), max([NaN, 1]));
EOF
cat > expected.txt << 'EOF'
ml-matrix 3,NaN,1,2
ml-matrix max NaN 3
mathjs 1,NaN,3
simple-statistics 3 NaN 1 NaN
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: orders-with-nan"

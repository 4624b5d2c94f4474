#!/usr/bin/env bash
# ml-stat 1.3.3, Node 20.
# Guess: z-scores have a deviation of 1, correlations are between -1 and 1, and
# the quartiles of 1 to 8 are as far from its ends, as 2.75 and 6.25 of NumPy are
# or 2.5 and 6.5, the medians of its halves. Seen: z-scores are centred but not
# scaled, so `matrix.correlation` is the covariance; the quartiles are 2 and 6.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-stat@1.3.3 > /dev/null
cat > seen.mjs << 'EOF'
import stat from "ml-stat";
const { array, matrix } = stat;
const x = [[1, 20], [3, 50], [4, 40]];
const show = (rows) => rows.map((row) => row.map((y) => y.toFixed(3)).join(" ")).join(", ");
console.log("z-scores", show(matrix.zScores(x)));
console.log("correlation", show(matrix.correlation(x)));
console.log("covariance", show(matrix.covariance(x)));
console.log("quartiles", Object.values(array.quartiles([1, 2, 3, 4, 5, 6, 7, 8])).join(" "));
EOF
cat > expected.txt << 'EOF'
z-scores -1.667 -16.667, 0.333 13.333, 1.333 3.333
correlation 2.333 18.333, 18.333 233.333
covariance 2.333 18.333, 18.333 233.333
quartiles 2 4.5 6
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-stat-correlation"

#!/usr/bin/env bash
# ml-array-median 2.0.0, ml-stat 1.3.3, Node 20.
# Guess: the median of an even count is the mean of the two in the middle, as in
# NumPy, R and ml-stat. Seen: ml-array-median gives the lower of the two (as
# PyTorch does, which says so), 0 for 0 and 10: a rank that is off by one half.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-array-median@2.0.0 ml-stat@1.3.3 > /dev/null
cat > seen.mjs << 'EOF'
import loaded from "ml-array-median";
const median = loaded.default ?? loaded;
import stat from "ml-stat";
for (const values of [[0, 10], [1, 2, 3, 4], [1, 2, 30]]) {
  console.log(values.join(), "ml-array-median", median(values), "ml-stat", stat.array.median(values));
}
EOF
cat > expected.txt << 'EOF'
0,10 ml-array-median 0 ml-stat 5
1,2,3,4 ml-array-median 2 ml-stat 2.5
1,2,30 ml-array-median 2 ml-stat 2
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-array-median-even"

#!/usr/bin/env bash
# ml-hclust 4.0.0, Node 20.
# Guess: with the method centroid, two groups join at the distance of their means,
# as in SciPy. Seen: the formula for squared distances is applied to distances as
# they are: a pair at 0 and 1 joins the point 5 at 4.25, though their means are 4.5
# apart; median does the same. ward2, which squares, agrees with SciPy's ward.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-hclust@4.0.0 > /dev/null
cat > seen.mjs << 'EOF'
import { agnes } from "ml-hclust";
// On a line: means at 0.5 and 5; Ward's distance of SciPy is sqrt(2 * 2 / 3) * 4.5.
for (const method of ["average", "centroid", "median", "ward2"]) {
  console.log(method, agnes([[0], [1], [5]], { method }).height.toFixed(4));
}
EOF
cat > expected.txt << 'EOF'
average 4.5000
centroid 4.2500
median 4.2500
ward2 5.1962
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-hclust-centroids"

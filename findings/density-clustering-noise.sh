#!/usr/bin/env bash
# density-clustering 1.3.0, Node 20.
# Guess: as in scikit-learn and in the paper of DBSCAN, neighbours are at most
# epsilon away, and each point is either in a cluster or noise. Seen: they are
# closer than epsilon, so points one apart are no neighbours at epsilon 1; and
# points that are first taken for noise stay there when a cluster reaches them,
# so that point 0 is in both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts density-clustering@1.3.0 > /dev/null
cat > seen.mjs << 'EOF'
import clustering from "density-clustering";
for (const epsilon of [1, 1.1]) {
  const dbscan = new clustering.DBSCAN();
  const clusters = dbscan.run([[0], [1], [2]], epsilon, 3);
  console.log(epsilon, JSON.stringify(clusters), "noise", JSON.stringify(dbscan.noise));
}
EOF
cat > expected.txt << 'EOF'
1 [] noise [0,1,2]
1.1 [[1,0,2]] noise [0]
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: density-clustering-noise"

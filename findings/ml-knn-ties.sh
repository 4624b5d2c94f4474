#!/usr/bin/env bash
# ml-knn 3.0.0, Node 20.
# Guess: where the nearest neighbours give two classes as many votes, the class
# of the nearest one wins, or the first one, as in scikit-learn. Seen: the class
# of the farthest of them wins, so that with k = 2 a point close to "near" is
# "far".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-knn@3.0.0 > /dev/null
cat > seen.mjs << 'EOF'
import KNN from "ml-knn";
const two = new KNN([[0], [3]], ["near", "far"], { k: 2 });
console.log("k = 2, at 0.5:", two.predict([0.5]));
const four = new KNN([[0], [1], [10], [11]], ["a", "a", "b", "b"], { k: 4 });
console.log("k = 4, at 0.2 and 10.8:", four.predict([[0.2], [10.8]]).join(" "));
EOF
cat > expected.txt << 'EOF'
k = 2, at 0.5: far
k = 4, at 0.2 and 10.8: b a
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-knn-ties"

#!/usr/bin/env bash
# ml-naivebayes 4.0.0, Node 20.
# Guess: GaussianNB looks at every feature and always names one of the classes, as
# scikit-learn's does. Seen: only the first two features count, so that a third
# that tells the classes apart is of no use; far from both classes, where the
# densities underflow, the class is -1, which is none.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-naivebayes@4.0.0 > /dev/null
cat > seen.mjs << 'EOF'
import { GaussianNB } from "ml-naivebayes";
const rows = [[1, 2], [2, 1], [1.5, 3], [3, 1.2]];
const last = (value) => rows.map(([a, b], i) => [a, b, value + i]);
const first = (value) => rows.map(([a, b], i) => [value + i, a, b]);
for (const [name, place] of [["first", first], ["third", last]]) {
  const model = new GaussianNB();
  model.train([...place(0), ...place(100)], [0, 0, 0, 0, 1, 1, 1, 1]);
  console.log(name, "feature tells them apart:", model.predict([...place(0.5), ...place(100.5)]).join());
}
const model = new GaussianNB();
model.train([...rows, ...rows.map(([a, b]) => [a + 10, b + 10])], [0, 0, 0, 0, 1, 1, 1, 1]);
console.log("near", model.predict([[0, 0], [15, 15]]).join(), "far", model.predict([[-100, -100], [150, 150]]).join());
EOF
cat > expected.txt << 'EOF'
first feature tells them apart: 0,0,0,0,1,1,1,1
third feature tells them apart: 0,0,0,0,0,0,0,0
near 0,1 far -1,-1
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-naivebayes-two-features"

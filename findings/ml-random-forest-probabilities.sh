#!/usr/bin/env bash
# ml-random-forest 2.1.0, Node 20.
# Guess: the probability of a class is the part of the trees that vote for it, so
# those of all classes sum to 1, whatever the classes are called. Seen: the vote
# of the first tree does not count, and a millionth of its class is added to the
# probability of each: two classes of 25 trees sum to 0.96, and classes 3000 and
# 7000 have other probabilities than classes 0 and 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-random-forest@2.1.0 > /dev/null
cat > seen.mjs << 'EOF'
import { RandomForestClassifier } from "ml-random-forest";
const x = [[0], [1], [2], [10], [11], [12]];
for (const [low, high] of [[0, 1], [3000, 7000]]) {
  const forest = new RandomForestClassifier({
    seed: 3,
    nEstimators: 25,
    maxFeatures: 1,
    replacement: true,
  });
  forest.train(x, [low, low, low, high, high, high]);
  for (const at of [1, 11]) {
    const [a, b] = [low, high].map((label) => forest.predictProbability([[at]], label)[0]);
    console.log(`classes ${low} and ${high} at ${at}: ${a.toFixed(6)} + ${b.toFixed(6)} = ${(a + b).toFixed(6)}`);
  }
}
EOF
cat > expected.txt << 'EOF'
classes 0 and 1 at 1: 0.960000 + 0.000000 = 0.960000
classes 0 and 1 at 11: 0.040001 + 0.920001 = 0.960002
classes 3000 and 7000 at 1: 0.963000 + 0.003000 = 0.966000
classes 3000 and 7000 at 11: 0.047000 + 0.927000 = 0.974000
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-random-forest-probabilities"

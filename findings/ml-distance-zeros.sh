#!/usr/bin/env bash
# ml-distance 5.0.0, Node 20.
# Guess: the divergence of Jensen and Shannon is finite for any two histograms, an
# empty bin adds nothing (0 log 0 is 0, as in SciPy), and a bin that is empty in
# both adds nothing to Canberra or Pearson. Seen: one empty bin in both makes all
# of them NaN, and so does one in a single histogram for Jensen and Shannon, so
# that a nearest neighbour by them is none; Hellinger and Bhattacharyya are finite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-distance@5.0.0 > /dev/null
cat > seen.mjs << 'EOF'
import { distance } from "ml-distance";
const names = ["jensenShannon", "kullbackLeibler", "canberra", "pearson", "hellinger", "bhattacharyya"];
for (const [what, p, q] of [
  ["no empty bin", [0.5, 0.5], [0.25, 0.75]],
  ["one, in both", [0.5, 0.5, 0], [0.25, 0.75, 0]],
  ["one, in the first", [0.5, 0, 0.5], [0.25, 0.25, 0.5]],
]) {
  console.log(what);
  for (const name of names) console.log(" ", name, distance[name](p, q).toFixed(4));
}
EOF
cat > expected.txt << 'EOF'
no empty bin
  jensenShannon 0.0338
  kullbackLeibler 0.1438
  canberra 0.5333
  pearson 0.3333
  hellinger 0.3692
  bhattacharyya 0.0347
one, in both
  jensenShannon NaN
  kullbackLeibler NaN
  canberra NaN
  pearson NaN
  hellinger 0.3692
  bhattacharyya 0.0347
one, in the first
  jensenShannon NaN
  kullbackLeibler NaN
  canberra 1.3333
  pearson 0.5000
  hellinger 0.7654
  bhattacharyya 0.1583
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-distance-zeros"

#!/usr/bin/env bash
# ml-regression-simple-linear 3.0.1, regression 2.0.1, d3-regression 2.2.0,
# simple-statistics 7.12.1, Node 20.
# Guess: a straight line through five points a second apart, y = 2 x + 1, is found
# wherever the zero of time is. Seen: for times since 1970 in seconds the first two
# find a falling line and d3-regression a flat one; in milliseconds the first
# predicts NaN: differences of sums of squares. simple-statistics and
# d3-regression's parabola, which centre, are right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts d3-regression@2.2.0 ml-regression-simple-linear@3.0.1 regression@2.0.1 simple-statistics@7.12.1 > /dev/null
cat > seen.mjs << 'EOF'
import { regressionLinear, regressionQuad } from "d3-regression";
import { SimpleLinearRegression } from "ml-regression-simple-linear";
import regression from "regression";
import { linearRegression, linearRegressionLine } from "simple-statistics";
for (const [name, zero, second] of [["from 0", 0, 1], ["seconds", 1.7e9, 1], ["milliseconds", 1.7e12, 1000]]) {
  const pairs = [0, 1, 2, 3, 4].map((i) => [zero + i * second, 2 * i + 1]);
  const [x, y] = [0, 1].map((column) => pairs.map((pair) => pair[column]));
  const last = {
    "ml-regression-simple-linear": new SimpleLinearRegression(x, y).predict(x[4]),
    "regression": regression.linear(pairs, { precision: 20 }).predict(x[4])[1],
    "d3-regression": regressionLinear().x((d) => d[0]).y((d) => d[1])(pairs).predict(x[4]),
    "d3-regression, parabola": regressionQuad().x((d) => d[0]).y((d) => d[1])(pairs).predict(x[4]),
    "simple-statistics": linearRegressionLine(linearRegression(pairs))(x[4]),
  };
  for (const [what, value] of Object.entries(last)) console.log(name, what, "9 is", value.toFixed(3));
}
EOF
cat > expected.txt << 'EOF'
from 0 ml-regression-simple-linear 9 is 9.000
from 0 regression 9 is 9.000
from 0 d3-regression 9 is 9.000
from 0 d3-regression, parabola 9 is 9.000
from 0 simple-statistics 9 is 9.000
seconds ml-regression-simple-linear 9 is 4.976
seconds regression 9 is 4.976
seconds d3-regression 9 is 5.000
seconds d3-regression, parabola 9 is 9.000
seconds simple-statistics 9 is 9.000
milliseconds ml-regression-simple-linear 9 is NaN
milliseconds regression 9 is 5.000
milliseconds d3-regression 9 is 5.000
milliseconds d3-regression, parabola 9 is 9.000
milliseconds simple-statistics 9 is 9.000
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: lines-through-times"

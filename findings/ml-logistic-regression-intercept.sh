#!/usr/bin/env bash
# ml-logistic-regression 2.0.0, ml-matrix 6.15.1, Node 20.
# Guess: two groups of a line are told apart wherever they lie, as by
# scikit-learn, whose model has an intercept by default, and classes are those of
# the training. Seen: there is no intercept, so groups around 0 are told apart
# and the same groups around 10 are all one class; trained with classes 1 and 2 it
# predicts 1 and 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-logistic-regression@2.0.0 ml-matrix@6.15.1 > /dev/null
cat > seen.mjs << 'EOF'
import LogisticRegression from "ml-logistic-regression";
import { Matrix } from "ml-matrix";
function predicted(x, y) {
  const rows = new Matrix(x.map((each) => [each]));
  const model = new LogisticRegression({ numSteps: 5000, learningRate: 0.05 });
  model.train(rows, Matrix.columnVector(y));
  return model.predict(rows).join(" ");
}
console.log("around 0", predicted([-4, -3, 3, 4], [0, 0, 1, 1]));
console.log("around 10", predicted([6, 7, 13, 14], [0, 0, 1, 1]));
console.log("classes 1 and 2", predicted([-4, -3, 3, 4], [1, 1, 2, 2]));
EOF
cat > expected.txt << 'EOF'
around 0 0 0 1 1
around 10 0 0 0 0
classes 1 and 2 1 1 0 0
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-logistic-regression-intercept"

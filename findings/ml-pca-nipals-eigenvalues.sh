#!/usr/bin/env bash
# ml-pca 4.1.1, Node 20.
# Guess: the eigenvalues are the variances along the components, by whichever of
# three methods they are found. Seen: with NIPALS they are sums of squares: with
# six rows five times those of the other two.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts ml-pca@4.1.1 > /dev/null
cat > seen.mjs << 'EOF'
import { PCA } from "ml-pca";
const rows = [[1, 2, 3], [4, 1, 0], [2, 2, 8], [7, 5, 1], [3, 9, 2], [0, 1, 4]];
for (const method of ["SVD", "covarianceMatrix", "NIPALS"]) {
  const pca = new PCA(rows, { method, nCompNIPALS: 3 });
  const text = (numbers) => numbers.map((x) => x.toFixed(3)).join(" ");
  console.log(method, text(pca.getEigenvalues()), "explained", text(pca.getExplainedVariance()));
}
EOF
cat > expected.txt << 'EOF'
SVD 14.141 6.926 2.966 explained 0.588 0.288 0.123
covarianceMatrix 14.141 6.926 2.966 explained 0.588 0.288 0.123
NIPALS 70.707 34.632 14.828 explained 0.588 0.288 0.123
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: ml-pca-nipals-eigenvalues"

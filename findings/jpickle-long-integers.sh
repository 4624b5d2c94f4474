#!/usr/bin/env bash
# jpickle 0.4.1, Python 3 for the files, Node 20.
# Guess: integers of a pickle are right, in each protocol that is read, or refused.
# Seen: in protocol 2 each integer beyond 32 bits is 0: 2^31, an id of a row, the
# nanoseconds of a time; in 0 and 1, where they are text, they are right (rounded
# above 2^53). Infinity is NaN in protocol 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts jpickle@0.4.1 > /dev/null
cat > seen.mjs << 'EOF'
import { execFileSync } from "node:child_process";
import jpickle from "jpickle";
const pickled = (value, protocol) =>
  execFileSync("python3", ["-c", `import pickle,sys; sys.stdout.buffer.write(pickle.dumps(${value}, protocol=${protocol}))`]);
for (const value of ["2**31 - 1", "2**31", "-2**40", "float('inf')"]) {
  const seen = [0, 1, 2].map((protocol) => jpickle.loads(pickled(value, protocol).toString("binary")));
  console.log(value, "is", seen.join(", "));
}
EOF
cat > expected.txt << 'EOF'
2**31 - 1 is 2147483647, 2147483647, 2147483647
2**31 is 2147483648, 2147483648, 0
-2**40 is -1099511627776, -1099511627776, 0
float('inf') is NaN, Infinity, Infinity
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jpickle-long-integers"

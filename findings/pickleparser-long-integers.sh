#!/usr/bin/env bash
# pickleparser 0.2.1, Python 3 for the files, Node 20.
# Guess: an integer beyond 2^63 in a pickle is treated alike in every protocol.
# Seen: in protocols 0 and 1 (text) it becomes a rounded number, in 2 and later
# (binary) the whole file is refused. bytes of protocols 0 and 1 come back as an
# empty object, as they are a call of a codec there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts pickleparser@0.2.1 > /dev/null
cat > seen.mjs << 'EOF'
import { execFileSync } from "node:child_process";
import { Parser } from "pickleparser";
const pickled = (value, protocol) =>
  execFileSync("python3", ["-c", `import pickle,sys; sys.stdout.buffer.write(pickle.dumps(${value}, protocol=${protocol}))`]);
for (const protocol of [1, 2, 4]) {
  let seen;
  try {
    seen = new Parser().parse(pickled("2**70", protocol));
  } catch (error) {
    seen = error.message;
  }
  console.log(protocol, seen);
}
console.log(JSON.stringify(new Parser().parse(pickled("b'ab'", 1))));
EOF
cat > expected.txt << 'EOF'
1 1.1805916207174113e+21
2 Value too large to unpickling
4 Value too large to unpickling
{}
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: pickleparser-long-integers"

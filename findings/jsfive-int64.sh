#!/usr/bin/env bash
# jsfive 0.4.2, file written by h5wasm 0.10.3, Node 20.
# Guess: 64-bit integers of an HDF5 file come back as BigInt, as h5wasm gives
# them, or are refused where a number cannot hold them. Seen: they are numbers,
# rounded in silence: 9007199254740993 becomes ...992.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts jsfive@0.4.2 h5wasm@0.10.3 > /dev/null
cat > seen.mjs << 'EOF'
import { readFileSync } from "node:fs";
import h5 from "h5wasm/node";
import * as jsfive from "jsfive";
await h5.ready;
const written = new h5.File("ids.h5", "w");
written.create_dataset({ name: "id", data: new BigInt64Array([9007199254740993n]) });
written.close();
const bytes = readFileSync("ids.h5");
const file = new jsfive.File(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), "ids.h5");
console.log("jsfive", file.get("id").dtype, String(file.get("id").value));
console.log("h5wasm", String(new h5.File("ids.h5", "r").get("id").value));
EOF
cat > expected.txt << 'EOF'
jsfive <i8 9007199254740992
h5wasm 9007199254740993
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: jsfive-int64"

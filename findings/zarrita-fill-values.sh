#!/usr/bin/env bash
# zarrita 0.7.5, Node 20.
# Guess: what a Zarr file leaves out has its fill value, to the last bit. Seen: a
# NaN that version 3 writes by its bits, "0x7fc00000", is the number 2143289344;
# an int64 below -2^53 loses its last digit; and an array of shape [0, 3], which
# has no chunks, throws instead of being empty.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts zarrita@0.7.5 > /dev/null
cat > seen.mjs << 'EOF'
import * as zarr from "zarrita";
const bytes = (value) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const three = {
  zarr_format: 3,
  node_type: "array",
  shape: [2],
  data_type: "float32",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  codecs: [{ name: "bytes", configuration: { endian: "little" } }],
};
async function read(metadata) {
  const store = new Map([["/zarr.json", bytes(metadata)]]);
  return await zarr.get(await zarr.open.v3(store, { kind: "array" }));
}
for (const fill_value of ["NaN", "0x7fc00000"]) {
  const { data } = await read({ ...three, fill_value });
  console.log(fill_value, data.join(" "));
}
const whole = JSON.stringify({ ...three, data_type: "int64" });
const { data } = await read(`${whole.slice(0, -1)},"fill_value":-9007199254740993}`);
console.log("-9007199254740993", data.join(" "));
const none = { ...three, shape: [0, 3], chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 3] } }, fill_value: 0 };
await read(none).catch(({ message }) => console.log("[0, 3]", message));
EOF
cat > expected.txt << 'EOF'
NaN NaN NaN
0x7fc00000 2143289344 2143289344
-9007199254740993 -9007199254740992 -9007199254740992
[0, 3] Input contains an empty iterator.
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: zarrita-fill-values"

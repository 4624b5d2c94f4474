#!/usr/bin/env bash
# @huggingface/gguf 0.4.6, Node 20.
# Guess: the version of a GGUF file is the one of its header, whatever its
# metadata holds. Seen: metadata and header share one object, and a key named
# version overwrites the header's.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/gguf@0.4.6 > /dev/null
cat > seen.mjs << 'EOF'
import { writeFileSync } from "node:fs";
import { gguf } from "@huggingface/gguf";
const text = (value) => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([length, Buffer.from(value)]);
};
const head = Buffer.alloc(24);
head.write("GGUF");
head.writeUInt32LE(3, 4); // the version of the format
head.writeBigUInt64LE(1n, 8); // tensors
head.writeBigUInt64LE(2n, 16); // keys
const string = Buffer.from([8, 0, 0, 0]);
const tensor = Buffer.alloc(24);
tensor.writeUInt32LE(1, 0); // dims
tensor.writeBigUInt64LE(1n, 4); // one float32, at 0
const front = Buffer.concat([
  head,
  text("general.architecture"), string, text("llama"),
  text("version"), string, text("mine"),
  text("x"), tensor,
]);
const data = Buffer.alloc(Math.ceil(front.length / 32) * 32 + 4);
front.copy(data);
writeFileSync("x.gguf", data);
const { metadata, tensorInfos } = await gguf("x.gguf", { allowLocalFile: true });
console.log(metadata.version, tensorInfos.length);
EOF
cat > expected.txt << 'EOF'
mine 1
EOF
node seen.mjs > seen.txt
diff expected.txt seen.txt
echo "As described: huggingface-gguf-version-key"

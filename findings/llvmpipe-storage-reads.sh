#!/usr/bin/env bash
# llvmpipe of Mesa 22.3.6 (LLVM 15, 256 bits) under WebGPU, Deno 2.9.6.
# Guess: on an adapter that runs on the processor, a shader reads a storage
# buffer, a uniform buffer and a texture at about the same speed, as all of them
# are memory that a cache holds. Seen: what eight invocations read of a storage
# buffer is fetched for one after the other, whether they read neighbours or all
# the same number, and takes 6 to 9 times as long as from a uniform buffer (65
# beside 8 ns for eight floats on an EPYC) and 5 to 6 times as long as from a
# texture. So products, sums and copies that read storage buffers are bound by
# the number of reads there, and not by arithmetic or memory.
# Needs Debian's mesa-vulkan-drivers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund deno@2.9.6 > /dev/null
cat > seen.ts << 'EOF'
const adapter = await navigator.gpu.requestAdapter();
if (!adapter?.info.description.includes("llvmpipe")) {
  throw new Error(`needs llvmpipe, found ${adapter?.info.description}`);
}
const device = await adapter.requestDevice();
const invocations = 4096;
const steps = 500;

/** Milliseconds of a shader whose invocations run `body` again and again. */
async function time(
  declaration: string,
  body: string,
  resource: GPUBindingResource,
): Promise<number> {
  const module = device.createShaderModule({
    code: `@group(0) @binding(0) ${declaration};
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = vec4<f32>();
  for (var k = 0u; k < ${steps}u; k++) {
    ${body}
  }
  result[id.x] = sum.x + sum.y + sum.z + sum.w;
}`,
  });
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
  const result = device.createBuffer({
    size: invocations * 4,
    usage: GPUBufferUsage.STORAGE,
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource },
      { binding: 1, resource: { buffer: result } },
    ],
  });
  let least = Infinity;
  for (let i = 0; i < 12; i++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(invocations / 8);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

const numbers = Float32Array.from({ length: 16384 }, (_, i) => i % 7);
const bufferOf = (usage: number) => {
  const buffer = device.createBuffer({
    size: numbers.byteLength,
    usage: usage | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, numbers);
  return { buffer };
};
const texture = device.createTexture({
  size: [64, 64],
  format: "rgba32float",
  usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
});
device.queue.writeTexture({ texture }, numbers, { bytesPerRow: 1024 }, [64, 64]);

const storage = bufferOf(GPUBufferUsage.STORAGE);
const read = "sum += held[(id.x + k) & 4095u];";
const none = await time(
  "var<storage, read> held: array<vec4<f32>>",
  "sum += vec4<f32>(f32(k & 3u));",
  storage,
);
const times = {
  storage: await time("var<storage, read> held: array<vec4<f32>>", read, storage),
  uniform: await time(
    "var<uniform> held: array<vec4<f32>, 4096>",
    read,
    bufferOf(GPUBufferUsage.UNIFORM),
  ),
  texture: await time(
    "var held: texture_2d<f32>",
    "sum += textureLoad(held, vec2<u32>(id.x & 63u, k & 63u), 0);",
    texture.createView(),
  ),
};
const ratio = (other: number) => (times.storage - none) / (other - none);
const [uniform, textured] = [ratio(times.uniform), ratio(times.texture)];
console.error(
  `storage ${times.storage.toFixed(1)} ms, uniform ${times.uniform.toFixed(1)}`,
  `ms, texture ${times.texture.toFixed(1)} ms, no reads ${none.toFixed(1)} ms`,
);
console.log("a uniform buffer more than three times as fast:", uniform > 3);
console.log("a texture more than three times as fast:", textured > 3);
EOF
cat > expected.txt << 'EOF'
a uniform buffer more than three times as fast: true
a texture more than three times as fast: true
EOF
export XDG_RUNTIME_DIR="$folder"
npx --yes deno run --allow-env seen.ts > seen.txt
diff expected.txt seen.txt
echo "As described: llvmpipe-storage-reads"

const root = import.meta.resolve("./").slice(0,-1);
const { nn, optim, scope, randn, randint, setBackend, manualSeed } = await import(`${root}/tenfold/mod.ts`);
await setBackend("wasm-simd"); manualSeed(0);
const model = new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.Linear(16, 3));
const o = new optim.SGD(model.parameters(), { lr: 0.01 });
const x = randn([16, 4]), y = randint(0, 3, [16]);
let best = 1e9; const all: number[] = [];
for (let r = 0; r < 80; r++) { const t = performance.now(); for (let i = 0; i < 200; i++) { using _ = scope(); o.zeroGrad(); const l = nn.functional.crossEntropy(model.forward(x), y); l.backward(); o.step(); } const v = (performance.now() - t) / 200 * 1e3; all.push(v); best = Math.min(best, v); }
console.log("step", best.toFixed(1), "median", all.sort((a,b)=>a-b)[40]!.toFixed(1));

const root = import.meta.resolve("./").slice(0,-1);
const { tensor, setBackend, scope } = await import(`${root}/tenfold/mod.ts`);
await setBackend("wasm-simd");
const x = tensor(new Float32Array(16)), y = tensor(new Float32Array(16));
function time(f: () => void, n: number) { let best = 1e9; for (let r = 0; r < 60; r++) { const t = performance.now(); for (let i = 0; i < n; i++) f(); best = Math.min(best, (performance.now() - t) / n * 1e6); } return best.toFixed(0).padStart(6); }
const out: string[] = [];
out.push("add", time(() => x.add(y).dispose(), 3000));
out.push("reshape", time(() => x.reshape([4, 4]).dispose(), 3000));
const m = x.reshape([4, 4]);
out.push("t", time(() => m.t().dispose(), 3000));
out.push("scope", time(() => { const s = scope(); s.dispose(); }, 3000));
out.push("scope+add", time(() => { const s = scope(); x.add(y); s.dispose(); }, 3000));
out.push("tensor", time(() => tensor([1, 2, 3, 4]).dispose(), 3000));
console.log(out.join(" "));

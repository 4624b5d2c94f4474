/**
 * The program of a thread. As text, so that no file has to be found or read:
 * it runs from a package, a bundle or a page alike, without any permission.
 *
 * @module
 */

import { CHUNK_BITS, CONTROL, MESSAGE_LENGTH, SPIN_MS } from "./control.ts";

/** The text of the program; `receive` hands it the memory. */
export function workerSource(receive: string): string {
  return `"use strict";
const C = ${JSON.stringify(CONTROL)};
function work(memory) {
  const words = new Int32Array(memory.buffer);
  const env = {
    memory,
    sin: Math.sin,
    cos: Math.cos,
    tan: Math.tan,
    remainder(a, b) {
      const r = a % b;
      return r !== 0 && (r < 0) !== (b < 0) ? r + b : r;
    },
  };
  const programs = [];
  function entry() {
    const number = words[C.program];
    let program = programs[number];
    if (program === undefined) {
      const start = words[C.pointer] >>> 0;
      const bytes = new Uint8Array(memory.buffer, start, words[C.length]);
      const module = new WebAssembly.Module(bytes.slice());
      const exports = new WebAssembly.Instance(module, { env }).exports;
      program = WebAssembly.Module.exports(module).map((e) => exports[e.name]);
      programs[number] = program;
    }
    return program[words[C.entry]];
  }
  const thread = Atomics.add(words, C.threads, 1) + 1;
  let seen = Atomics.load(words, C.job);
  Atomics.add(words, C.ready, 1);
  Atomics.notify(words, C.ready);
  for (;;) {
    const until = performance.now() + ${SPIN_MS};
    while (Atomics.load(words, C.job) === seen && performance.now() < until);
    Atomics.wait(words, C.job, seen);
    seen = Atomics.load(words, C.job);
    if (Atomics.load(words, C.stop) !== 0) return;
    for (;;) {
      const taken = Atomics.add(words, C.next, 1);
      const chunks = Atomics.load(words, C.chunks);
      const chunk = taken & ${(1 << CHUNK_BITS) - 1};
      if (taken >>> ${CHUNK_BITS} !== chunks >>> ${CHUNK_BITS}) break;
      if (chunk >= (chunks & ${(1 << CHUNK_BITS) - 1})) break;
      try {
        const begin = chunk * words[C.step];
        const end = Math.min(begin + words[C.step], words[C.size]);
        entry()(words[C.args], begin, end, thread);
      } catch (error) {
        const message = String(error).slice(0, ${MESSAGE_LENGTH});
        for (let i = 0; i < message.length; i++) {
          words[C.message + i] = message.charCodeAt(i);
        }
        Atomics.store(words, C.error, message.length);
      }
      Atomics.add(words, C.done, 1);
      Atomics.notify(words, C.done);
    }
  }
}
${receive}
`;
}

/**
 * A small typed assembler: WebAssembly modules written as TypeScript
 * expressions and encoded at run time, with no build step and no binary.
 *
 * Instructions are functions that take and give {@linkcode Code}, a piece of
 * code whose type is the type of the value it leaves, so that TypeScript
 * checks the operands: `i32.add(x, i32.const(1))`. Statements are methods of
 * a {@linkcode FunctionBuilder}.
 *
 * @example Add two vectors
 * ```ts ignore
 * const module = new ModuleBuilder();
 * module.importMemory({ shared: false, minimum: 1, maximum: 65536 });
 * module.func("add", ["i32", "i32"], "none", (f, x, y) => {
 *   f.do(v128.store(x, f32x4.add(v128.load(x), v128.load(y))));
 * });
 * new WebAssembly.Instance(compile(module), { env: { memory } });
 * ```
 *
 * @module
 */

export * from "./assembler/encoding.ts";
export * from "./assembler/function_builder.ts";
export * from "./assembler/instructions.ts";
export * from "./assembler/module_builder.ts";

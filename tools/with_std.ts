/**
 * Runs a Deno subcommand that needs the standard library, with or without
 * JSR: `deno run -A tools/with_std.ts check`.
 *
 * @module
 */
import { stdFlags } from "./std_flags.ts";

const [subcommand = "help", ...rest] = Deno.args;
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [subcommand, ...await stdFlags(), ...rest],
}).spawn().status;
Deno.exit(code);

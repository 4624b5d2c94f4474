/** Warnings of Vite, by their codes; how long a build took is none. */
const WARNING = /\[(?!PLUGIN_TIMINGS)[A-Z_]{6,}\]/;

/** Builds by Vite; a warning is an error. */
export async function viteBuild(
  cwd: string,
  [command, ...args]: readonly string[],
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command!, {
    args,
    cwd,
  }).output();
  const text = [stdout, stderr].map((part) => new TextDecoder().decode(part))
    .join("");
  if (!success || WARNING.test(text)) throw new Error(text);
}

/** What a command prints; an error with all of it if it fails. */
export async function output(
  cwd: string,
  [command, ...args]: readonly string[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command!, {
    args,
    cwd,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  throw new Error(`${text}${new TextDecoder().decode(stderr)}`);
}

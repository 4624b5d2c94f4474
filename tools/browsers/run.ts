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

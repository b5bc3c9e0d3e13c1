/** Largest answer read, in bytes: a wrong URL must not fill the memory. */
const maxBytes = 64 * 1024 * 1024;

/**
 * The text of an answer, read no further than 64 MiB.
 *
 * @throws what `tooLarge` makes when there is more.
 */
export async function readText(response: Response, tooLarge: (maxBytes: number) => Error): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    text += decoder.decode(value, { stream: true });
  }
}

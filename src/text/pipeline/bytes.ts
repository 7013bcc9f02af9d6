/** The characters that stand for bytes in byte-level vocabularies, such as GPT-2's. */

/** The character of each byte. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

const BYTES = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
const encoder = new TextEncoder();

/** The characters of the bytes of a text in UTF-8. */
export function byteLevel(text: string): string {
  let characters = "";
  for (const byte of encoder.encode(text)) characters += BYTE_CHARACTERS[byte]!;
  return characters;
}

/** The bytes that the characters of a token stand for; those of the token itself if not all of them do. */
export function bytesOf(token: string): Iterable<number> {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = BYTES.get(character);
    if (byte === undefined) return encoder.encode(token);
    bytes.push(byte);
  }
  return bytes;
}

function byteCharacters(): string[] {
  const isPrinted = (byte: number) => byte >= 0x21 && byte <= 0x7e || byte >= 0xa1 && byte !== 0xad;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrinted(byte) ? byte : next++));
}

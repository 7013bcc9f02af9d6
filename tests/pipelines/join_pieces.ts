/** What a WordPiece decoder makes of tokens, once more. */

/** The text of word pieces. Those with `##` continue the piece before; punctuation follows it without a space. */
export function joinPieces(pieces: readonly string[]): string {
  const spaced = (piece: string) => piece.startsWith("##") ? piece.slice(2) : ` ${piece}`;
  return pieces.map((piece, i) => closeUp(i === 0 ? piece : spaced(piece))).join("");
}

/** Replacements of the WordPiece decoder of Hugging Face's tokenizers, within a piece with the space before it. */
const CLOSED_UP = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

function closeUp(piece: string): string {
  return CLOSED_UP.reduce((text, [open, closed]) => text.replaceAll(open, closed), piece);
}

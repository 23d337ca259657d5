// Text that one player types and others read, or that ends up in a log: cleaned by the server, since the sender may be
// anybody. Cleaning is not escaping: pages put names in with `textContent` only.

/** Longer input is cut first: no honest client sends it, and the expressions below take time per character. */
const MAX_INPUT_LENGTH = 1_000
// Controls, line and paragraph separators, private characters and lone surrogates; then the invisible format characters that
// reorder or hide text (direction overrides, zero-width spaces), but not the joiner that emoji are built with.
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?!\u200d)\p{Cf}/gu
/** More than two marks on one letter paint over the lines above and below. */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu

/** The text without what would disturb others, in one line, at most `maxLength` UTF-16 units. May be empty. */
export function cleanText(text: string, maxLength: number): string {
  const clean = text
    .slice(0, MAX_INPUT_LENGTH)
    // Line breaks and tabs are controls too: they become blanks first, and blanks collapse when the rest is gone.
    .replace(/\s/gu, ' ')
    .replace(FORBIDDEN, '')
    .replace(/ +/g, ' ')
    .replace(STACKED_MARKS, '$1')
    .normalize('NFC')
    .trim()
  if (clean.length <= maxLength) return clean
  // A cut through a surrogate pair would leave half an emoji.
  return clean
    .slice(0, maxLength)
    .replace(/[\ud800-\udbff]$/, '')
    .trim()
}

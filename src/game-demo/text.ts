// Text that people type and others must read: cleaned on the way out and again on the way in, since the sender may be
// anybody. Cleaning is not escaping: the page puts text in with `textContent` only.

export const NAME_LENGTH = 16
export const CHAT_LENGTH = 140

/** Longer input is not even looked at: no honest client sends it, and the expressions below take time per character. */
const INPUT_LENGTH = 1_000

// Controls, line and paragraph separators, private characters and lone surrogates; then the invisible format characters that
// reorder or hide text (direction overrides, zero-width spaces), but not the joiner that emoji are built with.
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?!\u200d)\p{Cf}/gu
/** More than two marks on one letter paint over the lines above and below. */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu

/** The text without what would disturb others, in one line, at most `length` characters. May be empty. */
export function cleanText(text: string, length: number): string {
  const clean = text
    .slice(0, INPUT_LENGTH)
    // Line breaks and tabs are controls too: they become blanks first, and blanks collapse when the rest is gone.
    .replace(/\s/gu, ' ')
    .replace(FORBIDDEN, '')
    .replace(/ +/g, ' ')
    .replace(STACKED_MARKS, '$1')
    .normalize('NFC')
    .trim()
  // By code points: a cut through a surrogate pair would leave half an emoji.
  return Array.from(clean).slice(0, length).join('').trim()
}

/** Text from a remote: `undefined` if it is no text, far too long, or nothing is left of it. */
export function receiveText(value: unknown, length: number): string | undefined {
  if (typeof value !== 'string' || value.length > INPUT_LENGTH) return undefined
  const clean = cleanText(value, length)
  return clean === '' || clean === '\u200d' ? undefined : clean
}

// Says which source each character of a built file came from. Format: ECMA-426.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Cuts `code` into the pieces that came from one source each, in order. `undefined` stands for what came from none.
 * @param mappings The `mappings` of its source map.
 */
export function piecesBySource(
  code: string,
  mappings: string,
  sources: readonly string[],
): { readonly source: string | undefined; readonly text: string }[] {
  const lines = code.split('\n')
  const pieces: { source: string | undefined; text: string }[] = []
  let index = 0
  let source: string | undefined
  const add = (text: string) => {
    if (text !== '') pieces.push({ source, text })
  }
  for (const [number, mapped] of mappings.split(';').entries()) {
    const line = lines[number] ?? ''
    let column = 0
    let generated = 0
    for (const segment of mapped === '' ? [] : mapped.split(',')) {
      const [columnStep = 0, sourceStep] = decode(segment)
      generated += columnStep
      add(line.slice(column, generated))
      column = generated
      if (sourceStep === undefined) source = undefined
      else {
        index += sourceStep
        source = sources[index]
      }
    }
    add(`${line.slice(column)}${number < lines.length - 1 ? '\n' : ''}`)
  }
  return pieces
}

/** Base64 VLQ: five bits of value and one that says "more", the lowest bit of the whole is the sign. */
function decode(segment: string): number[] {
  const values: number[] = []
  let value = 0
  let shift = 0
  for (const letter of segment) {
    const digit = ALPHABET.indexOf(letter)
    value += (digit & 31) << shift
    if (digit & 32) shift += 5
    else {
      values.push(value & 1 ? -(value >> 1) : value >> 1)
      value = 0
      shift = 0
    }
  }
  return values
}

// Inputs that once did harm, or look as if they could: a file for each under test/fuzz/corpus/<target>/.

import { readdirSync, readFileSync } from 'node:fs'
import { bytesOf } from '../../vectors/notation.ts'

/** Files `*.hex`, in the notation of the vectors. */
export function byteCorpus(target: string): Uint8Array[] {
  return files(target, '.hex').map(bytesOf)
}

/** Files `*.txt`, to the letter, but that `⟦ab*3⟧` stands for `ababab`. */
export function textCorpus(target: string): string[] {
  return files(target, '.txt').map((text) =>
    text.replace(/⟦(.+?)\*(\d+)⟧/g, (_, part: string, times: string) => part.repeat(Number(times))),
  )
}

/** Without the end of the last line. */
function files(target: string, ending: string): string[] {
  const folder = new URL(`../corpus/${target}/`, import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith(ending))
  return names.sort().map((name) => readFileSync(new URL(name, folder), 'utf8').replace(/\n$/, ''))
}

// Documents name tests as `folder/file.test.ts › title`; this says which of those cannot be relied on.

import { existsSync, readFileSync } from 'node:fs'

/** What is wrong with the one test that `cell` names. */
export function namedTestProblems(cell: string): string[] {
  const [, file, title] = /^`([^`]+?) › (.+)`$/.exec(cell.replaceAll('\\|', '|')) ?? []
  if (!file || !title) return [`"${cell}" is not file › name`]
  if (!existsSync(new URL(`../${file}`, import.meta.url))) return [`there is no file test/${file}`]
  const problem = findTest(file, title)
  return problem === undefined ? [] : [`${file} › ${title}: ${problem}`]
}

/** Why the test cannot be relied on; `undefined` when it is there and runs. */
function findTest(file: string, title: string): string | undefined {
  const source = read(`test/${file}`)
  const isCase = file.startsWith('conformance/cases/')
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${title}${quote}`)
  // `it('…'`, the second pair of parentheses of `it.each`, or a case of the conformance suite.
  const places = quoted.flatMap((text) => before(source, text))
  const opening = places.find((text) => (isCase ? /\bname: $/.test(text) : /(\bit\(|\)\()\s*$/.test(text)))
  if (opening === undefined) {
    return places.some((text) => /\.(skip|todo|fails)\(\s*$/.test(text)) ? 'it is skipped' : 'there is no such test'
  }
  if (/\b(describe|it)\.only\(/.test(source) || /\bdescribe\.(skip|todo)\(/.test(source))
    return 'its file leaves tests out'
  if (!isCase) return undefined
  const [, group] = /([\w-]+)\.ts$/.exec(file) ?? []
  if (!read('test/conformance/cases/index.ts').includes(`...${group}`)) return 'its cases are not registered'
  return existsSync(new URL('../conformance/node.test.ts', import.meta.url)) ? undefined : 'nothing runs the cases'
}

/** What stands before each occurrence of `text`. */
function before(source: string, text: string): string[] {
  const places: string[] = []
  for (let at = source.indexOf(text); at >= 0; at = source.indexOf(text, at + 1)) {
    places.push(source.slice(Math.max(0, at - 40), at))
  }
  return places
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

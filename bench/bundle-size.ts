// What `import { joinRoom } from 'skein'` adds to a page: a production build, minified and compressed.

import { builtinModules } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'vite'
import type { Figure, Outcome } from './support/figure.ts'
import { PACKAGE_ROOT } from './support/package-root.ts'
import { piecesBySource } from './support/source-map.ts'

/** 22 kB, with msgpackr. */
const TARGET_BYTES = 22_000

/** Measured once, with the same kind of build (2026-11); they are not installed here. */
const RIVALS = { PeerJS: 24_100, Trystero: 22_800 }

/** As `exports` in package.json has it, compiled beside this program. */
const LIBRARY = fileURLToPath(new URL('../src/index.js', import.meta.url))

const ENTRY = '\0entry'
const PROGRAM = `import { joinRoom } from 'skein'\njoinRoom({ signaling: 'wss://example.org' })\n`

interface Size {
  readonly minified: number
  readonly gzip: number
}

/** From the most special to the most general. */
const GROUPS: readonly [name: string, path: RegExp][] = [
  ['msgpackr', /node_modules\/msgpackr\//],
  ['valibot', /node_modules\/valibot\//],
  ['@noble/hashes', /node_modules\/@noble\/hashes\//],
  ['net/signaling', /src\/net\/signaling\//],
  ['net/codec', /src\/net\/codec\//],
  ['net/link', /src\/net\/link\//],
  ['net/drivers', /src\/net\/drivers\//],
  ['net, the rest', /src\/net\//],
  ['multiplayer', /src\/multiplayer\//],
]

export async function bundleSize(): Promise<Outcome> {
  const { code, pieces, imports, later } = await buildProgram()
  checkNoBuiltIns(code + later.join(''), imports)
  const total = sizeOf(code)
  const groupOf = (source: string | undefined) =>
    GROUPS.find(([, path]) => source !== undefined && path.test(source))?.[0] ?? 'glue'
  const groups = sharesBy(pieces, code, groupOf)
  const modules = sharesBy(pieces, code, (source) =>
    source === undefined ? 'glue' : relative(PACKAGE_ROOT, source).replace(/^.*node_modules\//, ''),
  )
  const figure: Figure = {
    name: `import { joinRoom } from 'skein'`,
    unit: 'kB',
    raw: undefined,
    skein: total.gzip / 1000,
    ratio: undefined,
    target: `≤ ${TARGET_BYTES / 1000} kB`,
    reached: total.gzip <= TARGET_BYTES,
  }
  return {
    name: 'bundle-size',
    conditions: 'production build for browsers by Vite, minified, gzip -9; 1 kB is 1,000 bytes',
    figures: [figure],
    remarks: [
      `minified, before gzip: ${kB(total.minified)}; no module of Node in it`,
      `loaded only when it is used: ${later.map((each) => kB(sizeOf(each).gzip)).join(', ')} (the cipher for \`sealRelayed\`)`,
      `what the file would lose without each part, minified and gzipped: ${[...groups]
        .map(([name, size]) => `${name} ${kB(size.minified)} / ${kB(size.gzip)}`)
        .join(', ')}`,
      `as measured elsewhere in 2026-11: PeerJS ${kB(RIVALS.PeerJS)}, Trystero ${kB(RIVALS.Trystero)}`,
    ],
    details: { total, groups: Object.fromEntries(groups), modules: Object.fromEntries(modules), rivals: RIVALS },
  }
}

type Pieces = ReturnType<typeof piecesBySource>

interface Program {
  /** What a page loads at once. */
  readonly code: string
  readonly pieces: Pieces
  /** What that needs besides. */
  readonly imports: readonly string[]
  /** What it loads when it is used. */
  readonly later: readonly string[]
}

async function buildProgram(): Promise<Program> {
  const entry: Plugin = {
    name: 'entry',
    resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
    load: (id) => (id === ENTRY ? PROGRAM : undefined),
  }
  const built = await build({
    root: PACKAGE_ROOT,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    plugins: [entry],
    resolve: { alias: [{ find: /^skein$/, replacement: LIBRARY }] },
    build: {
      write: false,
      target: 'es2022',
      sourcemap: 'hidden',
      modulePreload: { polyfill: false },
      rolldownOptions: { input: ENTRY },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const chunks = outputs
    .flatMap((each) => ('output' in each ? each.output : []))
    .filter((each) => each.type === 'chunk')
  const chunk = chunks.find(({ isEntry }) => isEntry)
  if (!chunk?.map) throw new Error(`The build made no file for the page of ${chunks.length}.`)
  return {
    code: chunk.code,
    pieces: piecesBySource(chunk.code, chunk.map.mappings, chunk.map.sources),
    imports: chunk.imports,
    later: chunks.filter((each) => each !== chunk).map((each) => each.code),
  }
}

function checkNoBuiltIns(code: string, imports: readonly string[]): void {
  if (imports.length > 0) throw new Error(`The browser's bundle imports ${imports.join(', ')}.`)
  // What the bundler puts in a built-in's place, what it leaves of one, and ours.
  const traces = [
    '__vite-browser-external',
    'node-datachannel',
    'createRequire',
    ...builtinModules.map((m) => `node:${m}`),
  ]
  const found = traces.filter((trace) => code.includes(trace))
  if (found.length > 0) throw new Error(`The browser's bundle holds ${found.join(', ')}.`)
}

function sizeOf(code: string): Size {
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length }
}

/** For each part, what the file would lose without it; the largest first. */
function sharesBy(pieces: Pieces, code: string, partOf: (source: string | undefined) => string): Map<string, Size> {
  const total = sizeOf(code)
  const parts = new Set(pieces.map(({ source }) => partOf(source)))
  const shares = [...parts].map((part): [string, Size] => {
    const rest = sizeOf(
      pieces
        .filter(({ source }) => partOf(source) !== part)
        .map(({ text }) => text)
        .join(''),
    )
    return [part, { minified: total.minified - rest.minified, gzip: total.gzip - rest.gzip }]
  })
  return new Map(shares.sort(([, a], [, b]) => b.gzip - a.gzip))
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

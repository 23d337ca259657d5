// Builds a program as a user would, against the built package, and serves it as a page.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { build, preview } from 'vite'

export interface Site {
  readonly url: string
  /** The folder with the built scripts. */
  readonly assets: string
  close(): Promise<void>
}

/** @param name A folder under test/output. @param program The page's only script, in TypeScript. */
export async function buildSite(name: string, program: string): Promise<Site> {
  const root = resolve('test/output', name)
  await rm(root, { recursive: true, force: true })
  await mkdir(root, { recursive: true })
  await writeFile(
    resolve(root, 'index.html'),
    '<link rel="icon" href="data:,"><body><script type="module" src="./main.ts"></script></body>',
  )
  await writeFile(resolve(root, 'main.ts'), program)
  const options = {
    root,
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: { skein: resolve('dist/src/index.js') } },
    build: { target: 'es2022' },
  } as const
  await build(options)
  const server = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } })
  return { url: server.resolvedUrls!.local[0]!, assets: resolve(root, 'dist/assets'), close: () => server.close() }
}

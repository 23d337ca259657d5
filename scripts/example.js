// `npm run example 03`: runs a program of examples/. Those for browsers are served as a page.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../', import.meta.url)
const names = readdirSync(new URL('examples', ROOT)).filter((name) => name.endsWith('.ts'))
const wanted = process.argv[2] ?? ''
const name = names.find((each) => wanted !== '' && each.startsWith(wanted.padStart(2, '0')))

if (!name) {
  console.error(`Which one? For example: npm run example 02\n\n  ${names.join('\n  ')}`)
  process.exitCode = 2
} else if (name.startsWith('01')) {
  await serve(name)
} else {
  await import(new URL(`dist/examples/${name.replace('.ts', '.js')}`, ROOT).href)
}

/** @param {string} program */
async function serve(program) {
  const { createServer } = await import('vite')
  const page = `<!doctype html><title>${program}</title><link rel="icon" href="data:,"><script type="module" src="/${program}"></script>`
  const server = await createServer({
    root: fileURLToPath(new URL('examples', ROOT)),
    configFile: false,
    appType: 'custom',
    logLevel: 'warn',
    resolve: { alias: { skein: fileURLToPath(new URL('dist/src/index.js', ROOT)) } },
    server: { fs: { allow: [fileURLToPath(ROOT)] } },
    plugins: [
      {
        name: 'page',
        configureServer: ({ middlewares, transformIndexHtml }) => {
          middlewares.use('/', async (request, response, next) => {
            if (new URL(request.originalUrl ?? '/', 'http://localhost').pathname !== '/') return next()
            response.setHeader('Content-Type', 'text/html; charset=utf-8')
            response.end(await transformIndexHtml('/', page))
          })
        },
      },
    ],
  })
  await server.listen()
  console.log(`Open ${server.resolvedUrls?.local[0]}  Ctrl+C to stop.`)
}

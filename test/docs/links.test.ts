// What the guides point to is there.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const pages = ['README.md', 'examples/README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)

it.each(pages)('%s has no link that leads nowhere', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => link!)
  const missing = links.filter((link) => !/^\w+:/.test(link) && !existsSync(join(dirname(page), link)))
  expect(missing).toEqual([])
})

// Where the browsers for the tests are: named by a variable, or one that the machine has.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @typedef {'chromium' | 'firefox'} BrowserName */

/** @type {Record<BrowserName, { variable: string, programs: string[], debianPackage: string }>} */
export const BROWSERS = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    debianPackage: 'chromium',
  },
  firefox: { variable: 'FIREFOX_PATH', programs: ['firefox-esr', 'firefox'], debianPackage: 'firefox-esr' },
}

/**
 * The path of a browser's program, or undefined when there is none.
 * @param {BrowserName} name
 */
export function findBrowser(name) {
  const { variable, programs } = BROWSERS[name]
  const named = process.env[variable]
  if (named) return named
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const program of programs) {
      const path = join(folder, program)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // Not here.
      }
    }
  }
  return undefined
}

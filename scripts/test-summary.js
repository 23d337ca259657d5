// Prints the closing line `N passed, N failed` from the result that the test runner wrote.

import { readFileSync } from 'node:fs'

/** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, success: boolean }} */
let result
try {
  result = JSON.parse(readFileSync(new URL('../test/output/results.json', import.meta.url), 'utf8'))
} catch {
  console.error('The test runner wrote no result: it did not get as far as the tests.')
  process.exit(1)
}
console.log(`${result.numPassedTests} passed, ${result.numFailedTests} failed`)
if (!result.success) process.exit(1)

// Prints, from the result that the test runner wrote, which tests passed only when they were tried again and why they failed
// before, which the runner's own report leaves out; and the closing line `N passed, N failed`.

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * @typedef {{ fullName: string, status: string, failureMessages: string[] }} Test
 * @typedef {{ name: string, assertionResults: Test[] }} TestFile
 * @typedef {{ numPassedTests: number, numFailedTests: number, success: boolean, testResults: TestFile[] }} Result
 */

/** What a case tells besides its error may be long. */
const MAX_LINES = 30

/** @type {Result} */
let result
try {
  result = JSON.parse(readFileSync(new URL('../test/output/results.json', import.meta.url), 'utf8'))
} catch {
  console.error('The test runner wrote no result: it did not get as far as the tests.')
  process.exit(1)
}

for (const { name, assertionResults } of result.testResults) {
  for (const { fullName, status, failureMessages } of assertionResults) {
    if (status !== 'passed' || failureMessages.length === 0) continue
    console.log(`Passed only when tried again: ${relative('.', name)}: ${fullName}`)
    for (const message of failureMessages) console.log(shortened(message))
  }
}
console.log(`${result.numPassedTests} passed, ${result.numFailedTests} failed`)
if (!result.success) process.exit(1)

/**
 * The message of an error and the first place of its stack.
 * @param {string} stack
 */
function shortened(stack) {
  const lines = stack.split('\n')
  const place = lines.findIndex((line) => line.startsWith('    at '))
  const message = place < 0 ? lines : lines.slice(0, place)
  const where = place < 0 ? [] : [lines[place]]
  return [...message.slice(0, MAX_LINES), ...where].map((line) => `    ${line}`).join('\n')
}

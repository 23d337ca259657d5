// The processes that the tests started: a test that fails must not leave one behind, least of all a frozen one.

import type { ChildProcess } from 'node:child_process'

const children = new Set<ChildProcess>()

/** Has the process ended by `killChildren`, unless it ends before. */
export function track<T extends ChildProcess>(child: T): T {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** For `afterAll`. */
export function killChildren(): void {
  for (const child of children) child.kill('SIGKILL')
}

import { expect, it } from 'vitest'
import { TaskQueue } from '../../../server/signaling/task-queue.ts'
import { turn } from '../../support/turn.ts'

function queue() {
  const done: string[] = []
  const failures: unknown[] = []
  const tasks = new TaskQueue({ taskFailed: (error) => void failures.push(error) })
  const add = (name: string, wait?: Promise<void>) =>
    tasks.add(() => {
      done.push(name)
      return wait
    })
  return { tasks, done, failures, add }
}

it('does what has nothing to wait for at once', () => {
  const { done, add } = queue()
  add('one')
  expect(done).toEqual(['one'])
})

it('does each task when the one before has ended, also where that failed', async () => {
  const { done, failures, add } = queue()
  let fail: (error: Error) => void = () => {}
  const slow = new Promise<void>((_, reject) => {
    fail = reject
  })
  add('slow', slow)
  add('next')
  add('last')
  expect(done).toEqual(['slow'])
  fail(new Error('no'))
  await turn()
  expect(done).toEqual(['slow', 'next', 'last'])
  expect(failures).toEqual([new Error('no')])
  add('later')
  expect(done.at(-1)).toBe('later')
})

it('does what a task adds after it, and survives one that throws', () => {
  const { tasks, done, failures, add } = queue()
  tasks.add(() => {
    add('inner')
    done.push('outer')
    throw new Error('outer')
  })
  expect(done).toEqual(['outer', 'inner'])
  expect(failures).toEqual([new Error('outer')])
})

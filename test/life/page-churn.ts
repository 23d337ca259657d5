// Opens and closes connections inside one page.

import { joinRoom } from '../../src/index.ts'
import { MemorySignaling } from '../../src/testing.ts'

declare global {
  interface Window {
    /** Opens and closes so many connections, some at once. */
    churn(count: number): Promise<void>
  }
}

const AT_ONCE = 5

/** Called, not done on import: the package says that its modules have no effects of their own. */
export function installChurn(): void {
  window.churn = async (count) => {
    for (let done = 0; done < count; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, connection))
    }
  }
}

/** One connection's life: it opens, a packet goes each way, it closes. */
async function connection(): Promise<void> {
  const signaling = new MemorySignaling()
  const one = await joinRoom({ signaling })
  const two = await joinRoom({ signaling, room: one.code })
  const exchanged = [one, two].map(
    (room) =>
      new Promise((resolve) => {
        room.on('packet', resolve)
        room.on('peerConnected', (id) => room.send('x'.repeat(1000), { to: id }))
      }),
  )
  await Promise.all(exchanged)
  await Promise.all([one.leave(), two.leave()])
}

import '../../../src/node.ts'
import { it } from 'vitest'
import { joinRoom, MemorySignaling } from '../../../src/index.ts'
it('x', async () => {
  const signaling = new MemorySignaling()
  const node = { bindAddress: '127.0.0.1' }
  const a = await joinRoom({ signaling, node } as any)
  const b = await joinRoom({ signaling, room: a.code, node } as any)
  if (a.peers.length === 0) await new Promise<void>((r) => a.on('peerConnected', () => r()))
  await new Promise((r) => setTimeout(r, 100))
  b.on('packet', (v, from, mode) => console.log('got', v, mode))
  for (let i = 0; i < 3; i++) { a.send({ i }, { mode: 0 }); a.send({i}, { mode: 2 }) }
  await new Promise((r) => setTimeout(r, 300))
  console.log(a.stats(b.id), b.stats(a.id))
  await a.leave(); await b.leave()
}, 5000)

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { textFrames } from '../../../server/signaling/text-frames.ts'

it('text frames are read by ws as they were written, of every length that is spelled differently', async () => {
  const texts = [
    '',
    'ä',
    'x'.repeat(125),
    'x'.repeat(126),
    '€'.repeat(21_845),
    'x'.repeat(65_536),
    '🧶'.repeat(20_000),
    'end',
  ]
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, stream, head) => {
    sockets.handleUpgrade(request, stream, head, () => stream.write(textFrames(texts)))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  const heard: string[] = []
  client.on('message', (data) => heard.push(data.toString()))
  await expect.poll(() => heard.length).toBe(texts.length)
  expect(heard).toEqual(texts)
  client.terminate()
  http.close()
})

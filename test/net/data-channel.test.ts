import { afterEach, describe, expect, it } from 'vitest'
import { MAX_UNREAD_PACKETS, MAX_WAITING_BYTES } from '../../src/net/constants.ts'
import { WebRTCDataChannel, WriteMode } from '../../src/net/data-channel.ts'
import {
  ChannelState,
  type DataChannelOptions,
  type DriverChannel,
  type DriverChannelEvents,
} from '../../src/net/drivers/driver.ts'
import type { NetError } from '../../src/net/errors.ts'
import { thrown } from '../support/net-errors.ts'
import { closeAll, crossWire, newConnection, until } from '../support/peers.ts'

afterEach(closeAll)

const text = (packet: Uint8Array) => Buffer.from(packet).toString()

/** A negotiated channel, open on both sides. */
async function openChannel(options: DataChannelOptions = {}) {
  const [a, b] = [newConnection(), newConnection()]
  const [from, to] = [a, b].map((each) => each.createDataChannel('chat', { negotiated: true, id: 7, ...options })) as [
    WebRTCDataChannel,
    WebRTCDataChannel,
  ]
  expect(thrown(() => from.putPacket('early')).code).toBe('ERR_UNCONFIGURED')
  crossWire(a, b)
  a.createOffer()
  await until(() => from.readyState === ChannelState.Open && to.readyState === ChannelState.Open)
  return { a, b, from, to }
}

/** What a driver gives, played by the test. */
class FakeDriverChannel implements DriverChannel {
  readonly label = 'fake'
  readonly protocol = ''
  readonly id = undefined
  readonly negotiated = false
  readonly ordered = true
  readonly maxPacketLifeTime = undefined
  readonly maxMessageSize = 1_000
  readonly bufferedAmount = 0
  readonly maxRetransmits: number | undefined
  readyState: ChannelState = ChannelState.Open
  drainThreshold = 0
  events: DriverChannelEvents | undefined
  readonly sent: (Uint8Array | string)[] = []
  refuse = false

  constructor(maxRetransmits?: number) {
    this.maxRetransmits = maxRetransmits
  }

  send(data: Uint8Array | string): void {
    if (this.refuse) throw new Error('the queue is full')
    this.sent.push(data)
  }

  close(): void {
    this.readyState = ChannelState.Closing
  }
}

describe('packets over a real connection', () => {
  it('of bytes and of text arrive as what they were sent as', async () => {
    const { from, to } = await openChannel()
    from.putPacket(Uint8Array.of(0, 255, 0))
    from.putPacket('grüße\0🛰️')
    from.putPacket(new Uint8Array(0))
    from.putPacket('')
    from.writeMode = WriteMode.Text
    from.putPacket(Buffer.from('as text'))
    from.putPacket(new Uint8Array(0))
    await until(() => to.availablePacketCount === 6)
    const packets = Array.from({ length: 6 }, () => [text(to.getPacket()), to.wasStringPacket()])
    expect(packets).toEqual([
      [text(Uint8Array.of(0, 255, 0)), false],
      ['grüße\0🛰️', true],
      ['', false],
      ['', true],
      ['as text', true],
      ['', true],
    ])
    expect(thrown(() => to.getPacket()).code).toBe('ERR_UNAVAILABLE')
  })

  it('up to the largest, and one byte more is refused; then the channel still works', async () => {
    const { from, to } = await openChannel()
    const largest = new Uint8Array(from.maxPacketSize).fill(9)
    from.putPacket(largest)
    const refused = thrown(() => from.putPacket(new Uint8Array(from.maxPacketSize + 1)))
    expect(refused.code).toBe('ERR_OUT_OF_MEMORY')
    expect(refused.message).toContain(`takes ${from.maxPacketSize}`)
    // Counted in bytes, not in characters.
    expect(thrown(() => from.putPacket('ü'.repeat(from.maxPacketSize / 2 + 1))).code).toBe('ERR_OUT_OF_MEMORY')
    from.putPacket('ü'.repeat(from.maxPacketSize / 2))
    from.putPacket('end')
    await until(() => to.availablePacketCount === 3)
    expect(to.getPacket()).toEqual(largest)
    expect(to.getPacket().length).toBe(from.maxPacketSize)
  })

  it('come the same in the polled and in the event-driven style, and the bytes may be reused after sending', async () => {
    const { from, to } = await openChannel()
    const back: string[] = []
    from.on('packet', (packet, isString) => back.push(`${text(packet)} ${isString}`))
    const buffer = new Uint8Array(2)
    for (let i = 0; i < 100; i++) {
      buffer.set([48 + (i % 10), 48 + Math.floor(i / 10)])
      from.putPacket(i % 3 === 0 ? text(buffer) : buffer)
    }
    await until(() => to.availablePacketCount === 100)
    const polled: string[] = []
    while (to.availablePacketCount > 0) {
      const packet = to.getPacket()
      polled.push(`${text(packet)} ${to.wasStringPacket()}`)
      to.putPacket(to.wasStringPacket() ? text(packet) : packet)
    }
    await until(() => back.length === 100)
    expect(back).toEqual(polled)
    expect(new Set(polled.map((entry) => entry.slice(0, 2))).size).toBe(100)
  })

  it('hold plain Uint8Arrays that nobody else holds', async () => {
    const { from, to } = await openChannel()
    const packets: Uint8Array[] = []
    to.on('packet', (packet) => packets.push(packet))
    from.putPacket(Uint8Array.of(1))
    from.putPacket('1')
    await until(() => packets.length === 2)
    expect(packets.map((packet) => packet.constructor)).toEqual([Uint8Array, Uint8Array])
    packets[0]![0] = 2
    expect(packets[1]).toEqual(Uint8Array.of(49))
  })

  it('say when the buffer has drained', async () => {
    const { from, to } = await openChannel()
    from.drainThreshold = 100_000
    expect(from.drainThreshold).toBe(100_000)
    let drained = 0
    from.on('drained', () => drained++)
    let heard = 0
    to.on('packet', () => heard++)
    for (let i = 0; i < 40; i++) from.putPacket(new Uint8Array(60_000))
    expect(from.bufferedAmount).toBeGreaterThan(100_000)
    await until(() => heard === 40 && drained > 0)
    expect(from.bufferedAmount).toBeLessThanOrEqual(100_000)
  })
})

describe('the description of a channel', () => {
  it('is what it was created with, and 65535 for what was not given', async () => {
    const { from } = await openChannel({ ordered: false, maxRetransmits: 0, protocol: 'p' })
    expect(from).toMatchObject({
      label: 'chat',
      protocol: 'p',
      id: 7,
      negotiated: true,
      ordered: false,
      maxRetransmits: 0,
    })
    expect(from.maxPacketLifeTime).toBe(65_535)
    const connection = newConnection()
    const timed = connection.createDataChannel('t', { maxPacketLifeTime: 50 })
    expect(timed).toMatchObject({ ordered: true, negotiated: false, protocol: '', maxPacketLifeTime: 50, id: 65_535 })
    expect([timed.maxRetransmits, timed.readyState]).toEqual([65_535, ChannelState.Connecting])
  })
})

describe('closing', () => {
  it('is told once on both sides, and what waits can still be read', async () => {
    const { from, to } = await openChannel()
    const closed: string[] = []
    from.on('closed', () => closed.push('from'))
    to.on('closed', () => closed.push('to'))
    from.putPacket('last words')
    await until(() => to.availablePacketCount === 1)
    from.close()
    from.close()
    await until(() => closed.length === 2)
    expect([from.readyState, to.readyState]).toEqual([ChannelState.Closed, ChannelState.Closed])
    expect(text(to.getPacket())).toBe('last words')
    expect(thrown(() => from.putPacket('x')).message).toContain('is not open')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(closed.sort()).toEqual(['from', 'to'])
  })
})

describe('a channel of any driver', () => {
  it('refuses what is neither bytes nor text, and reports what the platform refuses', () => {
    const driver = new FakeDriverChannel()
    const channel = new WebRTCDataChannel(driver)
    for (const packet of [null, 5, {}, [1], new ArrayBuffer(1), new Uint16Array(1)]) {
      expect(thrown(() => channel.putPacket(packet as never)).code).toBe('ERR_INVALID_PARAMETER')
    }
    driver.refuse = true
    const refused = thrown(() => channel.putPacket('x'))
    expect(refused.code).toBe('ERR_OUT_OF_MEMORY')
    expect(refused.cause).toBeInstanceOf(Error)
    driver.readyState = ChannelState.Closing
    expect(thrown(() => channel.putPacket('x')).code).toBe('ERR_UNCONFIGURED')
  })

  it('says so when the platform knows that the channel is closed, and its event is still to come', async () => {
    const { a, b, from } = await openChannel()
    // The native library closes at once; what it tells us waits for the event loop.
    b.close()
    let error: NetError | undefined
    for (const end = performance.now() + 500; !error && performance.now() < end; ) {
      try {
        from.putPacket('x')
      } catch (thrown) {
        error = thrown as NetError
      }
    }
    expect(error).toMatchObject({ name: 'NetError', code: 'ERR_UNCONFIGURED' })
    a.close()
  })

  it('gives what waits to the first listener, one packet to `once`', () => {
    const driver = new FakeDriverChannel()
    const channel = new WebRTCDataChannel(driver)
    for (const word of ['a', 'b', 'c']) driver.events!.message(word)
    const heard: string[] = []
    channel.once('packet', (packet) => heard.push(text(packet)))
    expect(heard).toEqual(['a'])
    expect(channel.availablePacketCount).toBe(2)
    const off = channel.on('packet', (packet) => heard.push(text(packet)))
    driver.events!.message('d')
    expect(heard).toEqual(['a', 'b', 'c', 'd'])
    off()
    driver.events!.message('e')
    expect(channel.availablePacketCount).toBe(1)
  })

  it('keeps a bounded number of packets: a reliable one is closed and says so, none is lost silently', () => {
    const driver = new FakeDriverChannel()
    const channel = new WebRTCDataChannel(driver)
    const errors: NetError[] = []
    channel.on('error', (error) => errors.push(error))
    for (let i = 0; i < MAX_UNREAD_PACKETS; i++) driver.events!.message(new Uint8Array(1))
    expect(errors).toEqual([])
    driver.events!.message(new Uint8Array(1))
    expect(errors[0]).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' })
    expect(errors[0]!.message).toContain('the channel is closed')
    expect(channel.readyState).toBe(ChannelState.Closing)
    expect(channel.availablePacketCount).toBe(MAX_UNREAD_PACKETS)
  })

  it('keeps a bounded number of bytes: an unreliable one drops what is more, and goes on', () => {
    const driver = new FakeDriverChannel(0)
    const channel = new WebRTCDataChannel(driver)
    const errors: NetError[] = []
    channel.on('error', (error) => errors.push(error))
    const megabyte = 1024 * 1024
    for (let i = 0; i < MAX_WAITING_BYTES / megabyte; i++) driver.events!.message(new Uint8Array(megabyte))
    driver.events!.message(new Uint8Array(1))
    expect(errors[0]!.message).toContain('a packet was dropped')
    expect(channel.readyState).toBe(ChannelState.Open)
    channel.getPacket()
    driver.events!.message(new Uint8Array(1))
    expect(errors.length).toBe(1)
  })
})

// What users write into a network is checked up front.

import { describe, expect, test } from 'vitest'
import { NetError } from '../../../src/net/errors.ts'
import { PERFECT, withConditions } from '../../../src/net/simulation/conditions.ts'
import { type LinkConditions, presets, SimulatedNetwork, type SimulatedNetworkOptions } from '../../../src/testing.ts'

const refused: [name: string, options: Record<string, unknown>, says: RegExp][] = [
  ['a seed that is not whole', { seed: 1.5 }, /seed/],
  ['a negative seed', { seed: -1 }, /seed/],
  ['loss in percent', { loss: 10 }, /loss is a share from 0 to 1, not 10/],
  ['negative loss', { loss: -0.1 }, /loss/],
  ['loss as text', { loss: '0.1' }, /loss/],
  ['NaN', { latencyMs: Number.NaN }, /latencyMs/],
  ['endless latency', { latencyMs: Number.POSITIVE_INFINITY }, /latencyMs/],
  ['negative jitter', { jitterMs: -1 }, /jitterMs/],
  ['a rate of 0', { rateBytesPerSecond: 0 }, /rateBytesPerSecond/],
  ['a negative queue', { queueBytes: -1 }, /queueBytes/],
  ['a duplicate share of 2', { duplicate: 2 }, /duplicate/],
  ['a reorder share of 2', { reorder: 2 }, /reorder/],
  ['an outage in ms', { outage: 500 }, /outage/],
  ['a misspelt condition', { latency: 200 }, /no condition latency; it has .*latencyMs/],
  ['bursts all the time', { burstLoss: { share: 1, meanPackets: 5 } }, /burstLoss\.share/],
  ['bursts shorter than a packet', { burstLoss: { share: 0.1, meanPackets: 0.5 } }, /burstLoss\.meanPackets/],
  ['bursts too short for their share', { burstLoss: { share: 0.9, meanPackets: 2 } }, /at least 9/],
  ['bursts without a length', { burstLoss: { share: 0.1 } }, /burstLoss\.meanPackets/],
  ['bursts as a number', { burstLoss: 0.1 }, /burstLoss/],
  ['a transport of nobody', { transport: 'safari' }, /transport is 'node' or 'browser'/],
  ['negative signaling latency', { signalingLatencyMs: -1 }, /latencyMs/],
]

describe('options', () => {
  test.each(refused)('%s is refused', (_name, options, says) => {
    const make = () => new SimulatedNetwork(options as SimulatedNetworkOptions)
    expect(make).toThrow(NetError)
    expect(make).toThrow(says)
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PARAMETER' }))
  })

  test('the limits themselves are taken', () => {
    new SimulatedNetwork({ seed: 0, loss: 1, duplicate: 1, reorder: 1, queueBytes: 0, outage: true })
    new SimulatedNetwork({ seed: 0xffff_ffff, queueBytes: Number.POSITIVE_INFINITY, burstLoss: null })
  })

  test('a refused change changes nothing', () => {
    const network = new SimulatedNetwork({ loss: 0.1 })
    const pair = network.between('a', 'b')
    expect(() => network.set({ latencyMs: 5, loss: 2 })).toThrow(NetError)
    expect(() => pair.there.set({ latencyMs: 5, loss: 2 })).toThrow(NetError)
    expect(network.conditions).toEqual({ ...PERFECT, loss: 0.1 })
    expect(pair.there.conditions).toEqual(network.conditions)
    pair.there.set({ jitterMs: 1 })
    expect(pair.there.conditions).toEqual({ ...PERFECT, loss: 0.1, jitterMs: 1 })
  })

  test('times and names are checked', async () => {
    const network = new SimulatedNetwork()
    expect(() => network.interrupt(-1)).toThrow(NetError)
    expect(() => network.between('a', 'b').interrupt(Number.NaN)).toThrow(NetError)
    expect(() => network.between('a', 'a')).toThrow(NetError)
    expect(() => network.kill('nobody')).toThrow(/nobody/)
    await expect(network.run(-1)).rejects.toThrow(NetError)
    await expect(network.run(Number.POSITIVE_INFINITY)).rejects.toThrow(NetError)
  })
})

describe('presets', () => {
  test.each(Object.entries(presets))('%s is a link', (_name, preset: LinkConditions) => {
    const { latencyMs, loss } = withConditions(PERFECT, preset)
    expect(latencyMs).toBeGreaterThan(0)
    expect(loss).toBeLessThanOrEqual(0.3)
  })

  test('are those of the reference', () => {
    expect(presets['4G']).toEqual({ latencyMs: 100, jitterMs: 20, loss: 0.04 })
    expect(presets['2G']).toEqual({ latencyMs: 520, jitterMs: 50, loss: 0.07 })
    expect(Object.keys(presets)).toHaveLength(20)
  })
})

describe('links', () => {
  test('have the network’s conditions, and their own on top', () => {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    const { there, back } = network.between('a', 'b')
    there.set({ loss: 0.5 })
    network.set({ latencyMs: 20 })
    expect(there.conditions).toEqual({ ...PERFECT, latencyMs: 20, loss: 0.5 })
    expect(back.conditions).toEqual({ ...PERFECT, latencyMs: 20 })
    network.between('b', 'a').there.set({ latencyMs: 1 })
    expect(back.conditions.latencyMs).toBe(1)
    network.between('a', 'b').reset()
    expect(there.conditions).toEqual(network.conditions)
    expect(back.conditions).toEqual(network.conditions)
  })
})

// The connection to each peer: round trip, loss and traffic, as numbers and as the last half minute in a graph.

import type { PeerStats } from '../../index.ts'
import { cssColour, type Profile } from '../profile.ts'
import { create, element, setText, syncList } from './dom.ts'
import { formatNumber, HISTORY, PeerRates, type Reading } from './rates.ts'

interface Metric {
  readonly name: 'rtt' | 'loss' | 'in' | 'out'
  readonly label: string
  readonly unit: string
  readonly colour: string
  /** The top of the graph is at least this: noise around zero must not look like a storm. */
  readonly top: number
  readonly value: (reading: Reading) => number | undefined
}

const METRICS: readonly Metric[] = [
  { name: 'rtt', label: 'Round trip', unit: 'ms', colour: '#5ad1ff', top: 40, value: ({ rttMs }) => rttMs },
  { name: 'loss', label: 'Loss', unit: '%', colour: '#ff6b81', top: 5, value: ({ lossPercent }) => lossPercent },
  { name: 'in', label: 'In', unit: 'kB/s', colour: '#7dff8e', top: 3, value: ({ inKBps }) => inKBps },
  { name: 'out', label: 'Out', unit: 'kB/s', colour: '#ffe66b', top: 3, value: ({ outKBps }) => outKBps },
]

export interface PanelPeer {
  readonly id: number
  readonly profile: Profile | undefined
  readonly stats: PeerStats
  readonly isReferee: boolean
}

export class NetworkPanel {
  readonly #root = element('network', HTMLElement)
  readonly #rows = element('network-rows', HTMLElement)
  readonly #empty = element('network-empty', HTMLElement)
  readonly #total = element('network-total', HTMLElement)
  readonly #rates = new Map<number, PeerRates>()

  /** Round-trip times as last read, for the list of players. */
  readonly pings = new Map<number, number>()

  get visible(): boolean {
    return !this.#root.hidden
  }

  set visible(visible: boolean) {
    this.#root.hidden = !visible
    element('tool-network', HTMLElement).setAttribute('aria-expanded', String(visible))
  }

  /** To be called about twice a second, open or not: the graphs go on. */
  update(peers: readonly PanelPeer[], now: number): void {
    const readings = new Map<number, Reading>()
    for (const peer of peers) {
      const rates = this.#rates.get(peer.id) ?? new PeerRates()
      this.#rates.set(peer.id, rates)
      const reading = rates.read(peer.stats, now)
      readings.set(peer.id, reading)
      if (reading.rttMs !== undefined) this.pings.set(peer.id, reading.rttMs)
    }
    for (const id of this.#rates.keys()) {
      if (readings.has(id)) continue
      this.#rates.delete(id)
      this.pings.delete(id)
    }
    this.#empty.hidden = peers.length > 0
    const fill = (row: HTMLElement, peer: PanelPeer) => this.#fillRow(row, peer, readings.get(peer.id))
    syncList(this.#rows, peers, ({ id }) => String(id), makeRow, fill)
    let inbound = 0
    let outbound = 0
    for (const { inKBps, outKBps } of readings.values()) {
      inbound += inKBps
      outbound += outKBps
    }
    const sum = `All together ${formatNumber(inbound)} kB/s in, ${formatNumber(outbound)} kB/s out`
    setText(this.#total, peers.length > 1 ? sum : '')
  }

  #fillRow(row: HTMLElement, { id, profile, stats, isReferee }: PanelPeer, reading: Reading | undefined): void {
    row.style.setProperty('--colour', cssColour(profile?.colour ?? 0))
    setText(row.querySelector('h3 b')!, profile?.name ?? `Pilot ${id}`)
    row.dataset.rejected = String(stats.rejected)
    const notes = [
      stats.state === 'reconnecting' ? 'not heard of' : '',
      profile?.bot ? 'bot' : '',
      isReferee ? 'referee' : '',
      stats.rejected > 0 ? `${stats.rejected} bad packets` : '',
    ]
    setText(row.querySelector('h3 small')!, notes.filter(Boolean).join(' · '))
    if (!reading) return
    for (const metric of METRICS) {
      const value = metric.value(reading)
      setText(row.querySelector(`[data-metric="${metric.name}"]`)!, value === undefined ? '–' : formatNumber(value))
      const canvas = row.querySelector<HTMLCanvasElement>(`[data-graph="${metric.name}"]`)
      if (canvas && this.visible) drawGraph(canvas, this.#rates.get(id)?.history ?? [], metric)
    }
  }
}

function makeRow({ id }: PanelPeer): HTMLElement {
  const row = create('div', '', 'peer')
  row.dataset.peer = String(id)
  const title = create('h3')
  title.append(create('b'), create('small'))
  const metrics = create('div', '', 'metrics')
  for (const { name, label, unit } of METRICS) {
    const box = create('div', '', 'metric')
    const value = create('span', '', 'value')
    const number = create('span')
    number.dataset.metric = name
    value.append(number, ` ${unit}`)
    const canvas = create('canvas')
    canvas.dataset.graph = name
    box.append(create('span', label, 'label'), value, canvas)
    metrics.append(box)
  }
  row.append(title, metrics)
  return row
}

function drawGraph(canvas: HTMLCanvasElement, history: readonly Reading[], metric: Metric): void {
  const scale = window.devicePixelRatio || 1
  const width = Math.round(canvas.clientWidth * scale)
  const height = Math.round(canvas.clientHeight * scale)
  if (width === 0 || height === 0) return
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  if (!context) return
  context.clearRect(0, 0, width, height)
  const values = history.map(metric.value)
  const top = Math.max(metric.top, ...values.map((value) => value ?? 0)) * 1.15
  const line = new Path2D()
  let first: number | undefined
  let last = 0
  values.forEach((value, index) => {
    if (value === undefined) return
    const x = ((HISTORY - values.length + index) / (HISTORY - 1)) * width
    const y = height - 2 * scale - (value / top) * (height - 4 * scale)
    if (first === undefined) line.moveTo(x, y)
    else line.lineTo(x, y)
    first ??= x
    last = x
  })
  if (first === undefined) return
  context.lineWidth = 1.5 * scale
  context.lineJoin = 'round'
  context.strokeStyle = metric.colour
  context.stroke(line)
  line.lineTo(last, height)
  line.lineTo(first, height)
  context.globalAlpha = 0.14
  context.fillStyle = metric.colour
  context.fill(line)
  context.globalAlpha = 1
}

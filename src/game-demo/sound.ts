// A few sounds made of oscillators and noise: nothing to load. Quiet, and silent until the player has touched the page.

import type { GameEvent } from './net/events.ts'
import { OrbKind } from './rules/arena.ts'

/** Beyond this many units nothing is heard. */
const HEARING = 1100

export class Sound {
  #context: AudioContext | undefined
  #noise: AudioBuffer | undefined
  enabled: boolean

  constructor(enabled: boolean, signal: AbortSignal) {
    this.enabled = enabled
    // Browsers allow sound only after a gesture.
    for (const gesture of ['pointerdown', 'keydown'] as const) {
      window.addEventListener(gesture, () => this.#start(), { signal })
    }
    signal.addEventListener('abort', () => void this.#context?.close())
  }

  /** Plays what belongs to `event`, quieter from farther away. */
  play(event: GameEvent, ear: { readonly x: number; readonly y: number }, selfId: number): void {
    if (!this.enabled || this.#context?.state !== 'running' || document.hidden) return
    const near = 'x' in event ? 1 - Math.hypot(event.x - ear.x, event.y - ear.y) / HEARING : 1
    if (near <= 0) return
    switch (event.type) {
      case 'fired':
        this.#tone('square', event.by === selfId ? 760 : 620, 180, 0.09, 0.035 * near)
        break
      case 'hit':
        this.#burst(0.08, 2400, 0.12 * near)
        break
      case 'destroyed':
        this.#tone('sawtooth', 160, 40, 0.5, 0.12 * near)
        this.#burst(0.6, 900, 0.3 * near)
        break
      case 'taken': {
        if (event.by !== selfId) break
        const pitch = event.orb === OrbKind.Spark ? 880 : 1180
        this.#tone('sine', pitch, pitch * 1.5, 0.14, 0.09)
        break
      }
      case 'phase':
        this.#tone('triangle', event.phase === 'play' ? 440 : 660, event.phase === 'play' ? 880 : 330, 0.5, 0.1)
        break
      case 'chat':
        this.#tone('sine', 1320, 1320, 0.06, 0.03)
    }
  }

  #start(): void {
    if (!this.enabled || typeof AudioContext === 'undefined') return
    this.#context ??= new AudioContext()
    if (this.#context.state === 'suspended') void this.#context.resume()
  }

  #tone(type: OscillatorType, from: number, to: number, seconds: number, volume: number): void {
    const context = this.#context
    if (!context) return
    const oscillator = new OscillatorNode(context, { type, frequency: from })
    oscillator.frequency.exponentialRampToValueAtTime(to, context.currentTime + seconds)
    oscillator.connect(this.#fade(context, seconds, volume))
    oscillator.start()
    oscillator.stop(context.currentTime + seconds)
  }

  #burst(seconds: number, cutoff: number, volume: number): void {
    const context = this.#context
    if (!context) return
    this.#noise ??= makeNoise(context)
    const source = new AudioBufferSourceNode(context, { buffer: this.#noise })
    const filter = new BiquadFilterNode(context, { type: 'lowpass', frequency: cutoff })
    source.connect(filter).connect(this.#fade(context, seconds, volume))
    source.start()
    source.stop(context.currentTime + seconds)
  }

  #fade(context: AudioContext, seconds: number, volume: number): GainNode {
    const gain = new GainNode(context, { gain: volume })
    gain.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + seconds)
    gain.connect(context.destination)
    return gain
  }
}

function makeNoise(context: AudioContext): AudioBuffer {
  const buffer = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate })
  const samples = buffer.getChannelData(0)
  for (let index = 0; index < samples.length; index++) samples[index] = Math.random() * 2 - 1
  return buffer
}

// Every picture of the game, drawn once into one canvas: no files to load, and sprites of one texture share a draw call.
// All are white: sprites tint them.

import { Rectangle, Texture } from 'pixi.js'

export interface Textures {
  /** A soft round glow, 128 px. */
  readonly glow: Texture
  /** A softer, wider glow, 128 px. */
  readonly mist: Texture
  /** A small hard-cored star or spark, 32 px. */
  readonly dot: Texture
  /** The ship, nose to the right, 96 px for a radius of 16 units. */
  readonly hull: Texture
  /** The bright parts of the ship, to lie over the tinted hull. */
  readonly canopy: Texture
  /** A streak, bright end to the right, 96 × 24 px. */
  readonly streak: Texture
  /** A thin circle, 128 px. */
  readonly ring: Texture
  /** A cut gem, 64 px. */
  readonly gem: Texture
  /** An arrowhead to the right, 32 px. */
  readonly arrow: Texture
  readonly pixel: Texture
}

const SIZE = 512

export function createTextures(): Textures {
  const canvas = document.createElement('canvas')
  canvas.width = SIZE
  canvas.height = SIZE
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser gives no 2D canvas.')
  const areas: Record<keyof Textures, readonly [number, number, number, number]> = {
    glow: [0, 0, 128, 128],
    ring: [132, 0, 128, 128],
    hull: [264, 0, 96, 96],
    canopy: [364, 0, 96, 96],
    mist: [0, 264, 128, 128],
    dot: [0, 132, 32, 32],
    streak: [36, 132, 96, 24],
    gem: [136, 132, 64, 64],
    arrow: [204, 132, 32, 32],
    pixel: [240, 132, 8, 8],
  }
  for (const name of Object.keys(areas) as (keyof Textures)[]) {
    const [x, y, width, height] = areas[name]
    context.save()
    context.translate(x, y)
    context.beginPath()
    context.rect(0, 0, width, height)
    context.clip()
    PAINTERS[name](context)
    context.restore()
  }
  const { source } = Texture.from(canvas)
  const cut = (name: keyof Textures) => new Texture({ source, frame: new Rectangle(...areas[name]) })
  return {
    glow: cut('glow'),
    ring: cut('ring'),
    hull: cut('hull'),
    canopy: cut('canopy'),
    mist: cut('mist'),
    dot: cut('dot'),
    streak: cut('streak'),
    gem: cut('gem'),
    arrow: cut('arrow'),
    pixel: cut('pixel'),
  }
}

type Painter = (context: CanvasRenderingContext2D) => void

function radial(context: CanvasRenderingContext2D, size: number, stops: readonly (readonly [number, number])[]): void {
  const middle = size / 2
  const gradient = context.createRadialGradient(middle, middle, 0, middle, middle, middle)
  for (const [at, alpha] of stops) gradient.addColorStop(at, `rgba(255,255,255,${alpha})`)
  context.fillStyle = gradient
  context.fillRect(0, 0, size, size)
}

function polygon(context: CanvasRenderingContext2D, points: readonly number[]): void {
  context.beginPath()
  for (let index = 0; index < points.length; index += 2) context.lineTo(points[index]!, points[index + 1]!)
  context.closePath()
}

const HULL = [88, 48, 50, 36, 30, 14, 16, 12, 26, 40, 18, 48, 26, 56, 16, 84, 30, 82, 50, 60]

const PAINTERS: Record<keyof Textures, Painter> = {
  glow: (context) =>
    radial(context, 128, [
      [0, 1],
      [0.15, 0.62],
      [0.4, 0.2],
      [0.7, 0.05],
      [1, 0],
    ]),
  mist: (context) =>
    radial(context, 128, [
      [0, 0.5],
      [0.25, 0.4],
      [0.5, 0.2],
      [0.75, 0.06],
      [1, 0],
    ]),
  dot: (context) =>
    radial(context, 32, [
      [0, 1],
      [0.25, 0.95],
      [0.45, 0.35],
      [1, 0],
    ]),
  ring: (context) => {
    for (const [width, alpha] of [
      [12, 0.12],
      [6, 0.25],
      [2.5, 1],
    ] as const) {
      context.lineWidth = width
      context.strokeStyle = `rgba(255,255,255,${alpha})`
      context.beginPath()
      context.arc(64, 64, 54, 0, Math.PI * 2)
      context.stroke()
    }
  },
  hull: (context) => {
    context.lineJoin = 'round'
    polygon(context, HULL)
    const shade = context.createLinearGradient(10, 0, 90, 0)
    shade.addColorStop(0, '#5f6674')
    shade.addColorStop(0.55, '#aab0bc')
    shade.addColorStop(1, '#ffffff')
    context.fillStyle = shade
    context.fill()
    // The lower wing in shadow gives it a body.
    context.fillStyle = 'rgba(0,0,20,0.28)'
    polygon(context, [88, 48, 18, 48, 26, 56, 16, 84, 30, 82, 50, 60])
    context.fill()
    context.lineWidth = 3
    context.strokeStyle = '#ffffff'
    polygon(context, HULL)
    context.stroke()
  },
  canopy: (context) => {
    context.fillStyle = 'rgba(255,255,255,0.92)'
    polygon(context, [70, 48, 54, 43, 42, 48, 54, 53])
    context.fill()
    context.lineWidth = 1.5
    context.strokeStyle = 'rgba(255,255,255,0.5)'
    polygon(context, HULL)
    context.stroke()
  },
  streak: (context) => {
    // Stretched discs of light on one another: a soft tail, a bright head.
    for (const [x, length, height, alpha] of [
      [50, 46, 11, 0.35],
      [58, 36, 7, 0.6],
      [66, 26, 4.5, 1],
      [70, 18, 3, 1],
    ] as const) {
      const light = context.createRadialGradient(0, 0, 0, 0, 0, 1)
      light.addColorStop(0, `rgba(255,255,255,${alpha})`)
      light.addColorStop(0.4, `rgba(255,255,255,${alpha * 0.6})`)
      light.addColorStop(1, 'rgba(255,255,255,0)')
      context.save()
      context.translate(x, 12)
      context.scale(length, height)
      context.fillStyle = light
      context.fillRect(-1, -1, 2, 2)
      context.restore()
    }
  },
  gem: (context) => {
    const outline = [32, 6, 54, 24, 54, 40, 32, 58, 10, 40, 10, 24]
    context.lineJoin = 'round'
    polygon(context, outline)
    context.fillStyle = 'rgba(255,255,255,0.55)'
    context.fill()
    context.fillStyle = 'rgba(255,255,255,0.75)'
    polygon(context, [32, 6, 54, 24, 32, 32, 10, 24])
    context.fill()
    context.fillStyle = 'rgba(0,0,30,0.25)'
    polygon(context, [32, 32, 54, 24, 54, 40, 32, 58])
    context.fill()
    context.lineWidth = 3
    context.strokeStyle = '#ffffff'
    polygon(context, outline)
    context.stroke()
  },
  arrow: (context) => {
    context.fillStyle = '#ffffff'
    polygon(context, [29, 16, 6, 5, 12, 16, 6, 27])
    context.fill()
  },
  pixel: (context) => {
    context.fillStyle = '#ffffff'
    context.fillRect(0, 0, 8, 8)
  },
}
